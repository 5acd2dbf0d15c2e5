/** Lets what belongs to one key happen one after the other. */
export type OneByOne = <T>(key: string, act: () => Promise<T>) => Promise<T>;

export function createOneByOne(): OneByOne {
  const lasts = new Map<string, Promise<unknown>>();
  return function oneByOne(key, act) {
    const done = (lasts.get(key) ?? Promise.resolve()).then(act, act);
    lasts.set(key, done);
    const forget = () => {
      if (lasts.get(key) === done) lasts.delete(key);
    };
    done.then(forget, forget);
    return done;
  };
}
