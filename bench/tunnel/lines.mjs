/**
 * @typedef {object} Line one line of the report
 * @property {string} name
 * @property {string} unit
 * @property {number} [digits] behind the point
 * @property {Aim} [aim] of the ratio ours / theirs
 *
 * @typedef {object} Aim
 * @property {number} bound
 * @property {'most' | 'least'} kind
 */

/** The gateway uses so much at most. @param {number} on20 on Node 20 @param {number} on24 on Node 24 @returns {(major: number) => Aim} */
export const atMost =
  (on20, on24 = on20) =>
  (major) => ({ kind: 'most', bound: major >= 24 ? on24 : on20 });

/** The gateway does so much at least. */
export const atLeast = (bound) => () => ({ kind: 'least', bound });
