/** A map that forgets what was put in first once it is full. */
export interface BoundedMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

export function boundedMap<V>(size: number): BoundedMap<V> {
  const entries = new Map<string, V>();
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      const [oldest] = entries.keys();
      if (entries.size >= size && oldest !== undefined && !entries.has(key)) entries.delete(oldest);
      entries.set(key, value);
    },
  };
}
