/**
 * The environment that makes a Node process believe that it is later than it is. Timers run as ever.
 * @param byMs less than a quarter of an hour where the process signs requests to S3, which refuses older and later ones
 */
export function shiftedClock(byMs: number): Readonly<Record<string, string>> {
  const script = `
    const nowMs = () => Date.prototype.constructor.now() + ${String(byMs)};
    globalThis.Date = new Proxy(Date, {
      construct: (date, args, target) => Reflect.construct(date, args.length === 0 ? [nowMs()] : args, target),
      get: (date, name) => (name === 'now' ? nowMs : Reflect.get(date, name)),
    });`;
  // The address may hold no blanks: they separate options.
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(script)}` };
}
