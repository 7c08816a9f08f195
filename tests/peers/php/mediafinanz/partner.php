<?php
/** Registration of clients: the service key is checked as it is. */
class Partner {
    function __construct(private State $state) {}

    function generateRegistrationKey($auth) {
        return $this->with($auth, fn(&$all) => 'KEY-' . ++$all['partner']['keys']);
    }

    function registerClient($auth, $client, $bank) {
        return $this->with($auth, function (&$all) use ($client, $bank) {
            if ($client->company === '') return false;
            $all['partner']['clients'][] = ['client' => (array)$client, 'bank' => (array)$bank];
            return true;
        });
    }

    private function with($auth, callable $work) {
        return $this->state->change(function (&$all) use ($auth, $work) {
            if ($auth->applicationId !== $all['partner']['application_id'] || $auth->licenceKey !== $all['partner']['service_key']) {
                throw new SoapFault('Client', 'Der Schlüssel ist ungültig.');
            }
            return $work($all);
        });
    }
}
