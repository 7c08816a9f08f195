<?php
/** What the stand-in knows: one JSON file, changed under a lock; and every request as it came. */
class State {
    function __construct(private string $folder) {}

    function arrived(string $body): void {
        file_put_contents(sprintf('%s/requests/%.6f-%d.xml', $this->folder, microtime(true), getmypid()), $body);
    }

    /** Let $change work on the state, alone, and keep what it leaves. */
    function change(callable $change) {
        $file = fopen("{$this->folder}/state.json", 'r+');
        flock($file, LOCK_EX);
        $all = json_decode(stream_get_contents($file), true, 64, JSON_THROW_ON_ERROR);
        $result = $change($all);
        rewind($file);
        ftruncate($file, 0);
        fwrite($file, json_encode($all, JSON_UNESCAPED_UNICODE | JSON_PRETTY_PRINT | JSON_THROW_ON_ERROR));
        fflush($file);
        flock($file, LOCK_UN);
        return $result;
    }
}
