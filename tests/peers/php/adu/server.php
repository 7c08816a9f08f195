<?php
// PHP's SoapServer over the WSDL of the bridge (its file: variable BRIDGE_WSDL): shows that others can serve what we declare.
$wsdl = getenv('BRIDGE_WSDL');
if ($_SERVER['REQUEST_METHOD'] === 'GET') {
    header('Content-Type: text/xml');
    readfile($wsdl);
    exit;
}
class Shop {
    function verifyingToken($token) {
        if ($token->Token !== 'geheim') throw new SoapFault('Client', 'Unauthorized Request - Invalid Token');
    }
    function GetOrderStatusList($asked) {
        return ['Success' => true, 'ResponseMessages' => [], 'OrderStatus' => [
            ['OrderStatus' => 3.6, 'OrderStatusName' => "Übergabe ({$asked->Lang})"],
            ['OrderStatus' => 7, 'OrderStatusName' => 'Warenausgang gebucht'],
        ]];
    }
    function GetOrdersInvoiceDocumentURLs($asked) {
        $found = [];
        foreach (is_object($asked->OrderIDs) ? $asked->OrderIDs->item : $asked->OrderIDs as $one) {
            $found[] = ['OrderID' => $one->intValue, 'FileData' => "%PDF für {$one->intValue}"];
        }
        return ['Success' => true, 'OrderInvoiceDocumentURL' => $found];
    }
}
$server = new SoapServer($wsdl, ['cache_wsdl' => WSDL_CACHE_NONE, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$server->setClass('Shop');
$server->handle();
