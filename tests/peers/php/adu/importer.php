<?php
// An importer of the old shop interface, on PHP's own SoapClient: fetches orders in a status and notes what became of them.
// Arguments: WSDL, user, password, steps as JSON: [[call, request], ...]. Prints every answer as JSON.
[$_, $wsdl, $user, $password, $steps] = $argv;
// bytes that are no text are printed in Base64
function printed($value) {
    if (is_array($value) || is_object($value)) {
        foreach ($value as &$inner) $inner = printed($inner);
        return $value;
    }
    return is_string($value) && preg_match('//u', $value) !== 1 ? base64_encode($value) : $value;
}
$client = new SoapClient($wsdl, ['cache_wsdl' => WSDL_CACHE_NONE, 'trace' => 1, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$answers = [];
try {
    $login = $client->GetAuthentificationToken(['Username' => $user, 'Userpass' => $password]);
    $answers[] = $login;
    $token = ['UserID' => $login->UserID, 'Token' => $login->Token];
    $namespace = simplexml_load_string(file_get_contents($wsdl))['targetNamespace'];
    $client->__setSoapHeaders(new SoapHeader((string) $namespace, 'verifyingToken', (object) $token));
    foreach (json_decode($steps) as [$call, $request]) {
        $answers[] = $client->$call($request);
    }
} catch (SoapFault $fault) {
    $answers[] = ['fault' => $fault->faultstring];
}
echo json_encode(printed($answers), JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR);
