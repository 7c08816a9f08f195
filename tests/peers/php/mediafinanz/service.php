<?php
// A stand-in for the SOAP services of mediaFinanz over the WSDLs that inkasso reconstructed; it behaves as reference page 3 says clients meet
// them, and is nobody's real service. /service.php?wsdl=encashment204&lists=array|item; what it knows lies in the folder MEDIAFINANZ_STATE.
$name = $_GET['wsdl'] ?? '';
$lists = $_GET['lists'] ?? 'array';
if (!in_array($name, ['encashment204', 'encashment201', 'partner201']) || !in_array($lists, ['array', 'item'])) { http_response_code(404); exit; }
require __DIR__ . '/state.php';
require __DIR__ . '/encashment.php';
require __DIR__ . '/partner.php';

/** The WSDL with our address; with lists=item, typed arrays become sequences of elements called item. */
function wsdl(string $name, string $lists): string {
    $text = file_get_contents(getenv('MEDIAFINANZ_WSDLS') . "/$name.wsdl");
    $here = "http://{$_SERVER['HTTP_HOST']}/service.php?wsdl=$name&amp;lists=$lists";
    $text = str_replace('https://address.invalid/', $here, $text);
    if ($lists === 'array') return $text;
    $array = '#<xs:complexContent>\s*<xs:restriction base="enc:Array">\s*<xs:attribute ref="enc:arrayType" wsdl:arrayType="([\w:]+)\[\]"/>\s*'
        . '</xs:restriction>\s*</xs:complexContent>#';
    return preg_replace($array, '<xs:sequence><xs:element name="item" type="$1" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>', $text);
}

$text = wsdl($name, $lists);
if ($_SERVER['REQUEST_METHOD'] === 'GET') {
    header('Content-Type: text/xml; charset=utf-8');
    echo $text;
    exit;
}
$body = file_get_contents('php://input');
$state = new State(getenv('MEDIAFINANZ_STATE'));
$state->arrived($body);
$server = new SoapServer('data://text/xml;base64,' . base64_encode($text), ['cache_wsdl' => WSDL_CACHE_NONE]);
$server->setObject($name === 'partner201' ? new Partner($state) : new Encashment($state));
$server->handle($body);
