/** PostgreSQL's own points: x is the longitude, y the latitude. Its areas take their edge in, to a tenth of a metre. */
import { boxAround, type Point, type Polygon, type Position } from '@piper/shared/fields/geo-point/index';
import type { Operator } from '@piper/shared/filter/operators';
import { asIs, compareOrdered, printed, type ColumnType, type OperandSql } from '../column-type.ts';

const polygonText = (ring: readonly Position[]): string => `(${ring.map(([x, y]) => `(${x},${y})`).join(',')})`;

function insideBox(column: string, operand: OperandSql): string {
  const box = operand.as('box', 'box', (value) => {
    const [west, south, east, north] = boxAround(value as Polygon);
    return `((${east},${north}),(${west},${south}))`;
  });
  return `${column} <@ ${box}`;
}

/** Inside of the outer ring, and in none of the holes. */
function inside(column: string, operand: OperandSql): string {
  const rings = (value: unknown): Position[][] => (value as Polygon).coordinates;
  const outer = operand.as('outer', 'polygon', (value) => polygonText(rings(value)[0]!));
  const holes = operand.as('holes', 'polygon[]', (value) => rings(value).slice(1).map(polygonText));
  return `(${column} <@ ${outer} and not exists (select from unnest(${holes}) hole where ${column} <@ hole))`;
}

function compare(operator: Operator, column: string, operand: OperandSql): string {
  switch (operator) {
    case '_intersects':
      return inside(column, operand);
    case '_nintersects':
      return `not ${inside(column, operand)}`;
    case '_intersects_bbox':
      return insideBox(column, operand);
    case '_nintersects_bbox':
      return `not (${insideBox(column, operand)})`;
    default:
      return compareOrdered(operator, column, operand);
  }
}

export const geoPoint: ColumnType = {
  name: 'geo-point',
  cast: 'point',
  sqlType: () => 'point',
  indexMethod: 'gist',
  compare,
  order: asIs,
  identity: printed,
  isGroupable: false,
  aggregates: [],
  toJson: (column) =>
    `(case when ${column} is not null then jsonb_build_object('type', 'Point', 'coordinates', jsonb_build_array(${column}[0], ${column}[1])) end)`,
  toText: (column) => `(${column}[1] || ', ' || ${column}[0])`,
  fromText: (text) => `piper.try_point(${text})`,
  read(value) {
    if (value === null || value === undefined) return value;
    const { x, y } = value as { x: number; y: number };
    return { type: 'Point', coordinates: [x, y] };
  },
  write: (value) => (value === null ? null : `(${(value as Point).coordinates.join(',')})`),
};
