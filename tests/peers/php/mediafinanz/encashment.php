<?php
/** The claim operations. Live and test data are apart; what an invoice number asks for happens. */
class Encashment {
    function __construct(private State $state) {}

    function newClaim($auth, $claim, $debtor) {
        if ($claim->invoice === 'RE-503') { http_response_code(503); echo 'Wartungsarbeiten'; exit; }
        $answer = $this->with($auth, function (&$data, &$all) use ($claim, $debtor) {
            if (preg_match('/^RE-ERRORS-(\d)$/', $claim->invoice, $found)) {
                return ['errorList' => array_slice(['Die Straße fehlt.', 'Der Betrag ist zu klein.', 'Für „Groß“ fehlt die Mahnung.'], 0, (int)$found[1])];
            }
            foreach ($data['claims'] as $known) {
                if ($known['claim']['invoice'] === $claim->invoice) return ['errorList' => ['Die Rechnung wurde bereits übergeben.']];
            }
            $number = (string)$all['next']++;
            $data['claims'][$number] = ['claim' => (array)$claim, 'debtor' => (array)$debtor, 'code' => 10201, 'text' => 'Neu', 'payments' => [], 'said' => []];
            return ['fileNumber' => $number, 'errorList' => []];
        });
        if ($claim->invoice === 'RE-SLOW') sleep(2);
        if ($claim->invoice === 'RE-BROKEN') throw new SoapFault('Server', 'Interner Fehler');
        return $answer;
    }

    function getClaimStatus($auth, $identifier) {
        return $this->case($auth, $identifier, function (&$case) {
            $answer = ['statusCode' => $case['code'], 'statusText' => $case['text']];
            return isset($case['details']) ? $answer + ['statusDetails' => $case['details']] : $answer;
        });
    }

    function getClaimStatusChanges($auth) { return $this->news($auth, 'changes'); }

    function getNewMessages($auth) { return $this->news($auth, 'messages'); }

    /** What was given under a transaction does not come again once that is committed. */
    function commitTransaction($auth, $transactionId) {
        return $this->with($auth, function (&$data) use ($transactionId) {
            if (!preg_match('/^(changes|messages)-(\d+)$/', $transactionId, $found)) throw new SoapFault('Client', 'unbekannte Transaktion');
            $before = count($data[$found[1]]);
            $data[$found[1]] = array_values(array_filter($data[$found[1]], fn($entry) => $entry['id'] > (int)$found[2]));
            $data['committed'][] = $transactionId;
            return count($data[$found[1]]) < $before;
        });
    }

    function getClaimAccountingSummary($auth, $identifier) {
        return $this->case($auth, $identifier, function (&$case) {
            $answer = ['totalDebts' => '231.49', 'paid' => '80.00', 'outstanding' => '151.49', 'currentPayout' => '20.00', 'sumPayout' => '60.00'];
            return isset($case['payouts']) ? $answer + ['payoutHistory' => $case['payouts']] : $answer;
        });
    }

    function getClaimHistory($auth, $identifier) {
        return $this->case($auth, $identifier, fn(&$case) => $case['history'] ?? []);
    }

    function getMessageHistory($auth, $identifier) {
        return $this->case($auth, $identifier, fn(&$case) => $case['said']);
    }

    function sendMessage($auth, $identifier, $message) {
        return $this->case($auth, $identifier, function (&$case) use ($message) {
            $case['said'][] = ['sender' => 'Mandant', 'time' => '2026-06-03T08:15:00', 'text' => $message];
            return true;
        });
    }

    function getClaimOptions($auth, $identifier) {
        return $this->case($auth, $identifier, fn(&$case) => $case['options'] ?? []);
    }

    function bookDirectPayment($auth, $identifier, $payment) {
        return $this->case($auth, $identifier, function (&$case) use ($payment) {
            if ($case['code'] === 10210) return false;
            $case['payments'][] = (array)$payment;
            return true;
        });
    }

    function closeClaim($auth, $identifier) {
        return $this->case($auth, $identifier, function (&$case) {
            $could = $case['code'] !== 10210;
            $case['close_asked'] = true;
            return $could;
        });
    }

    function getPayoutList($auth) {
        return $this->with($auth, fn(&$data) => $data['payouts']);
    }

    private function news($auth, string $kind) {
        return $this->with($auth, function (&$data) use ($kind) {
            $last = $data[$kind] ? max(array_column($data[$kind], 'id')) : 0;
            return ['transactionId' => "$kind-$last", $kind => array_column($data[$kind], 'entry')];
        });
    }

    private function case($auth, $identifier, callable $work) {
        return $this->with($auth, function (&$data) use ($identifier, $work) {
            if (!isset($data['claims'][$identifier->fileNumber])) throw new SoapFault('Client', 'Die Akte ist nicht bekannt.');
            return $work($data['claims'][$identifier->fileNumber]);
        });
    }

    private function with($auth, callable $work) {
        return $this->state->change(function (&$all) use ($auth, $work) {
            $expected = md5($all['licences']['application'] . $all['licences']['client']);
            if ($auth->clientId !== $all['licences']['client_id'] || $auth->licenceKey !== $expected) {
                throw new SoapFault($all['licences']['fault'], 'Die Lizenz ist ungültig.');
            }
            return $work($all[$auth->sandbox ? 'sandbox' : 'live'], $all);
        });
    }
}
