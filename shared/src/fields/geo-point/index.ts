/** A place on earth, as a GeoJSON Point: longitude, then latitude. */
import { nullOperators, type Operator } from '../../filter/operators.ts';
import { limits } from '../../limits.ts';
import { invalid, type FieldType } from '../field-type.ts';

export type Position = [longitude: number, latitude: number];
export interface Point {
  type: 'Point';
  coordinates: Position;
}
/** Rings of positions; the first bounds the area, the others are holes. */
export interface Polygon {
  type: 'Polygon';
  coordinates: Position[][];
}

const geoOperators = ['_intersects', '_nintersects', '_intersects_bbox', '_nintersects_bbox'] as const;

function position(value: unknown): Position {
  if (!Array.isArray(value) || value.length !== 2) return invalid('must hold positions of longitude and latitude');
  const [longitude, latitude] = value as unknown[];
  if (typeof longitude !== 'number' || !(Math.abs(longitude) <= 180)) return invalid('must have a longitude from -180 to 180');
  if (typeof latitude !== 'number' || !(Math.abs(latitude) <= 90)) return invalid('must have a latitude from -90 to 90');
  return [longitude + 0, latitude + 0];
}

function geometry(value: unknown): { type?: unknown; coordinates?: unknown } {
  const given: unknown = typeof value === 'string' ? parsed(value) : value;
  return typeof given === 'object' && given !== null ? given : invalid('must be GeoJSON');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return invalid('must be GeoJSON');
  }
}

function polygon(value: unknown): Polygon {
  const { type, coordinates } = geometry(value);
  if (type !== 'Polygon' || !Array.isArray(coordinates) || coordinates.length === 0) return invalid('takes a GeoJSON Polygon');
  const rings = (coordinates as unknown[]).map(ring);
  if (rings.flat().length > limits.polygonPoints) invalid(`takes a polygon of at most ${limits.polygonPoints} points`);
  return { type, coordinates: rings };
}

function ring(value: unknown): Position[] {
  if (!Array.isArray(value) || value.length > limits.polygonPoints) return invalid('takes rings of positions');
  const positions = value.map(position);
  const [first, last] = [positions[0], positions.at(-1)];
  if (positions.length < 4 || first?.join() !== last?.join())
    invalid('takes rings of at least four positions that end where they begin');
  return positions;
}

/** `[west, south, east, north]`, also as text with commas; or the box around a polygon. */
function box(value: unknown): Polygon {
  const list: unknown = typeof value === 'string' && !value.includes('{') ? value.split(',').map(Number) : value;
  if (!Array.isArray(list)) return polygon(list);
  if (list.length !== 4) return invalid('takes [west, south, east, north]');
  const [west, south] = position(list.slice(0, 2));
  const [east, north] = position(list.slice(2));
  if (west > east || south > north) invalid('takes a box with west before east and south before north');
  return {
    type: 'Polygon',
    coordinates: [
      [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    ],
  };
}

/** The box around a polygon: `[west, south, east, north]`. */
export function boxAround({ coordinates }: Polygon): [number, number, number, number] {
  const positions = coordinates.flat();
  const [longitudes, latitudes] = [positions.map(([x]) => x), positions.map(([, y]) => y)];
  return [Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)];
}

export const geoPoint: FieldType = {
  name: 'geo-point',
  label: 'Place',
  description: 'A point on the map.',
  category: 'other',
  options: [],
  operators: [...geoOperators, ...nullOperators],
  sortable: false,
  schema: () => ({
    type: 'object',
    required: ['type', 'coordinates'],
    additionalProperties: false,
    properties: {
      type: { type: 'string', enum: ['Point'] },
      coordinates: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
    },
  }),
  normalise: (value): Point => {
    const { type, coordinates } = geometry(value);
    if (type !== 'Point') return invalid('must be a GeoJSON Point: {"type": "Point", "coordinates": [longitude, latitude]}');
    return { type, coordinates: position(coordinates) };
  },
  operand: (value, _field, operator: Operator) => (operator.endsWith('bbox') ? box(value) : polygon(value)),
};
