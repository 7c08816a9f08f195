<?php
// One invented agency in every flavour that a WSDL may have. The flavour is the query's; what arrived is kept in the folder INBOX.
$flavour = $_GET['flavour'] ?? '';
if (!preg_match('/^[a-z0-9-]+$/', $flavour)) { http_response_code(404); exit; }
$wsdl = __DIR__ . "/$flavour.wsdl";
if ($_SERVER['REQUEST_METHOD'] === 'GET') {
    header('Content-Type: text/xml');
    echo str_replace('http://agency.example/', "http://{$_SERVER['HTTP_HOST']}/agency.php?flavour=$flavour", file_get_contents($wsdl));
    exit;
}
$body = file_get_contents('php://input');
file_put_contents(getenv('INBOX') . '/' . uniqid('', true) . '.xml', $body);

class Agency {
    function newClaim($in, $claim = null) {
        $claim = $claim ?? $in->claim;
        if ($claim->invoice === 'CLIENT') throw new SoapFault('Client', 'licence refused for Grünwald');
        if ($claim->invoice === 'SERVER') throw new SoapFault('Server', 'out of order');
        if ($claim->invoice === 'HTML') { header('Content-Type: text/html'); echo '<html><body>Wartung</body></html>'; exit; }
        $answer = ['fileNumber' => '12345678901', 'echo' => $claim->reason, 'amount' => $claim->amount, 'errorList' => []];
        return func_num_args() > 1 ? $answer : ['return' => $answer];
    }
    function changes($in = null) {
        $number = is_object($in) ? $in->number : $in;
        $one = fn($i) => ['fileNumber' => "A-$i", 'statusCode' => 10200 + $i];
        $list = $number ? array_map($one, range(1, (int)$number)) : [];
        return is_object($in) ? ['return' => ['transactionId' => 'T-1', 'changes' => $list]] : ['transactionId' => 'T-1', 'changes' => $list];
    }
}
ob_start();
$server = new SoapServer($wsdl, ['cache_wsdl' => WSDL_CACHE_NONE]);
$server->setObject(new Agency());
$server->handle($body);
$said = ob_get_clean();
if (str_contains($said, '<SOAP-ENV:Fault>') && isset($_GET['ok'])) http_response_code(200);
echo $said;
