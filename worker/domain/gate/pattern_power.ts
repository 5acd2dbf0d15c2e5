/**
 * How long a pattern can run at worst: for a text of n characters about n to this power. Pure.
 *
 * Backtracking tries each way in which what varies (`*`, `+`, `?`, `{2,5}`, `|`) can match. Without anything that varies
 * inside of what is repeated, each of them adds at most one power; a pattern that is not tied to the beginning adds another.
 */

/** More of them than this are no pattern that somebody wrote for a field. */
const VARYING_MAX = 12;
/** Characters of a pattern with what it repeats a fixed number of times written out. */
const WEIGHT_MAX = 2_000;
const QUANTIFIER = /^(?:[*+?]|\{(\d{1,4})(?:(,)(\d{0,4}))?\})\??/;

interface Group {
  varies: boolean;
  weight: number;
}

/** The power; or what is wrong with the pattern, for people. */
export function patternPower(pattern: string): number | string {
  if (pattern.length > WEIGHT_MAX) return `expected at most ${WEIGHT_MAX} characters`;
  const isTied = pattern.startsWith("^") && !pattern.includes("|");
  const groups: Group[] = [{ varies: false, weight: 0 }];
  let power = isTied ? 0 : 1;
  /** What a quantifier would be about. */
  let last: Group = { varies: false, weight: 0 };
  const here = () => groups[groups.length - 1]!;
  const take = (item: Group) => {
    here().weight += item.weight;
    last = item;
  };
  const vary = () => {
    power++;
    here().varies = true;
  };
  for (let at = 0; at < pattern.length;) {
    const rest = pattern.slice(at);
    const quantifier = QUANTIFIER.exec(rest);
    if (quantifier !== null) {
      const [text, least, comma, most] = quantifier;
      const isFixed = least !== undefined && (comma === undefined || most === least);
      const times = Math.max(Number(least ?? 1), Number(most ?? 1));
      const isRepeated = !text.startsWith("?") && !(isFixed && times <= 1);
      if (last.varies && isRepeated) return "expected nothing that varies inside of what is repeated";
      if (!isFixed) vary();
      here().weight += last.weight * Math.max(0, times - 1);
      at += text.length;
      continue;
    }
    const char = pattern[at]!;
    if (char === "\\") {
      if (/^\\(?:[1-9]|k)/.test(rest)) return "expected no reference to a group";
      take({ varies: false, weight: 1 });
      at += 2;
    } else if (char === "[") {
      take({ varies: false, weight: 1 });
      at += /^\[(?:\\[^]|[^\\\]])*\]?/.exec(rest)![0].length;
    } else if (char === "(") {
      if (/^\(\?(?:[=!]|<[=!])/.test(rest)) return "expected no look ahead or behind";
      groups.push({ varies: false, weight: 0 });
      at += /^\((?:\?:|\?<\w+>)?/.exec(rest)![0].length;
    } else if (char === ")") {
      const closed = groups.length > 1 ? groups.pop()! : { varies: false, weight: 0 };
      here().varies ||= closed.varies;
      take(closed);
      at++;
    } else {
      if (char === "|") vary();
      take({ varies: false, weight: 1 });
      at++;
    }
  }
  if (power > VARYING_MAX) return `expected at most ${VARYING_MAX} places that vary`;
  return here().weight > WEIGHT_MAX
    ? `expected at most ${WEIGHT_MAX} characters, written out`
    : Math.max(power, 1);
}
