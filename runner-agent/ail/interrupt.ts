/** Ctrl-C and SIGTERM while a run is under way: the first ends it in good order, the second at once. */

export interface Interruption {
  wasInterrupted(): boolean;
  /** The signals do again what they did before. */
  stop(): void;
}

const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"];

export function onInterrupt(act: () => void): Interruption {
  let count = 0;
  const listen = () => {
    count++;
    if (count > 1) Deno.exit(130);
    act();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, listen);
  return {
    wasInterrupted: () => count > 0,
    stop: () => SIGNALS.forEach((signal) => Deno.removeSignalListener(signal, listen)),
  };
}
