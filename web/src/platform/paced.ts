/** Runs at once, and once more when asked meanwhile: never two at a time, and with a pause after each. */
export function paced(run: () => Promise<unknown>, pauseMs: number): () => void {
  let isBusy = false;
  let isAsked = false;
  const settle = (): void => {
    isBusy = false;
    if (isAsked) ask();
  };
  const ask = (): void => {
    isAsked = isBusy;
    if (isBusy) return;
    isBusy = true;
    const rest = (): unknown => setTimeout(settle, pauseMs);
    run().then(rest, rest);
  };
  return ask;
}
