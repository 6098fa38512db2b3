/** A place as people write it: latitude first. */

/** `52.5163, 13.3777`; nothing for what is no place. */
export function printPlace(value: unknown): string {
  const coordinates = (value as { coordinates?: [number, number] } | null | undefined)?.coordinates;
  return coordinates ? `${coordinates[1]}, ${coordinates[0]}` : '';
}

/** The GeoJSON point that was typed; undefined: it is none. */
export function readPlace(typed: string): object | undefined {
  const parts = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(typed);
  return parts ? { type: 'Point', coordinates: [Number(parts[2]), Number(parts[1])] } : undefined;
}
