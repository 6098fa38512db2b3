/** What a condition reads: which fields of the record it is decided for, and which records of others it looks at on the way. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { PiperError } from '@piper/shared/errors';
import type { Comparison, Condition, OperandItem } from '@piper/shared/filter/ast';
import { isCall, isToMany, sourceOf, targetOf } from '@piper/shared/filter/path';
import { FormulaError, isComputed, parseFormula, referencesOf } from '@piper/shared/formula/index';
import { resolvePath } from '@piper/shared/formula/references';
import { formulaOf, lookupOf, rollupOf, type Related, type Rollup } from '@piper/shared/formula/related';
import type { ActorRules } from './actor-rules.ts';
import type { Place } from './place.ts';
import { fieldIn } from './relation-sql.ts';

export interface Reach {
  /** Keys of the record's own fields. */
  own: Set<string>;
  crossed: Map<DataModel, Crossed>;
  /** Keys of fields of whoever asks. */
  user: Set<string>;
}

/** Of a model's records that a condition looks at. */
export interface Crossed {
  /** Keys of fields it reads. */
  fields: Set<string>;
  /** Keys of relations by which a new record comes into its sight. */
  comesBy: Set<string>;
}

/** Where it stands: at the record itself, or at one it came to. */
type Spot = Pick<Place, 'model' | 'eyes'> & { isOwn: boolean };

interface Walk {
  rules: ActorRules;
  reach: Reach;
  /** Computed fields and rules may lead in a circle. */
  seen: Set<string>;
}

/** Collects what conditions and fields read of records of `model`. `eyes` as in a statement: an actor's filter reads the rules of what it crosses too. */
export function openReach(rules: ActorRules, model: DataModel) {
  const walk: Walk = { rules, reach: { own: new Set(), crossed: new Map(), user: new Set() }, seen: new Set() };
  return {
    reach: walk.reach as Readonly<Reach>,
    addCondition: (condition: Condition, eyes: Place['eyes']) => walkCondition(walk, condition, { model, eyes, isOwn: true }),
    addField: (field: Field) => walkField(walk, field, { model, eyes: 'actor', isOwn: true }),
  };
}

function walkCondition(walk: Walk, condition: Condition, at: Spot): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.of.forEach((part) => walkCondition(walk, part, at));
    case 'compare':
      addUserFields(walk, condition);
      return walkField(walk, condition.field, at);
    default:
      return walkCondition(walk, condition.of, cross(walk, condition, at));
  }
}

function addUserFields({ reach }: Walk, { operand }: Comparison): void {
  const items: readonly (OperandItem | { user?: Field })[] =
    operand.kind === 'items' ? operand.items : operand.kind === 'user' ? [{ user: operand.field }] : [];
  for (const item of items) if ('user' in item && item.user) reach.user.add(item.user.key);
}

function walkField(walk: Walk, asked: Field, at: Spot): void {
  const field = sourceOf(asked);
  if (isFirst(walk, `${at.model.id}.${field.id} ${at.eyes} ${at.isOwn}`)) read(walk, field, at);
  const target = isCall(asked) && isToMany(field) ? targetOf({ field }, walk.rules.models) : undefined;
  if (target) cross(walk, { field, target }, at);
}

function isFirst({ seen }: Walk, name: string): boolean {
  const isNew = !seen.has(name);
  seen.add(name);
  return isNew;
}

function read(walk: Walk, field: Field, at: Spot): void {
  (at.isOwn ? walk.reach.own : crossedOf(walk, at.model).fields).add(field.key);
  if (at.eyes === 'actor' && isOfProject(at.model))
    walkCondition(walk, walk.rules.fieldRule(at.model, field), { ...at, eyes: 'rule' });
  if (isComputed(field)) walkComputed(walk, field, at);
}

/** Piper's own records are seen by rules of Piper's own, over memberships; those are not followed. */
const isOfProject = ({ projectId }: DataModel): boolean => projectId !== undefined;

function crossedOf({ reach }: Walk, model: DataModel): Crossed {
  const crossed = reach.crossed.get(model) ?? { fields: new Set(), comesBy: new Set() };
  reach.crossed.set(model, crossed);
  return crossed;
}

function cross(walk: Walk, { field, target }: { field: Field; target: DataModel }, at: Spot): Spot {
  walkField(walk, field, at);
  const relation = field.relation!;
  const there = crossedOf(walk, target);
  if (relation.kind === 'one-to-many') comes(there, fieldIn(target, relation.by));
  if (relation.kind === 'many-to-many') {
    const through = walk.rules.models.find(relation.through)!;
    const links = crossedOf(walk, through);
    comes(links, fieldIn(through, relation.by));
    links.fields.add(fieldIn(through, relation.to).key);
  }
  const spot = { model: target, eyes: at.eyes, isOwn: false };
  if (spot.eyes === 'actor' && isOfProject(target) && isFirst(walk, target.id))
    walkCondition(walk, walk.rules.rowRule(target), { ...spot, eyes: 'rule' });
  return spot;
}

function comes({ fields, comesBy }: Crossed, by: Field): void {
  fields.add(by.key);
  comesBy.add(by.key);
}

/** A definition that does not hold (any more) reads nothing more. */
function walkComputed(walk: Walk, field: Field, at: Spot): void {
  try {
    if (field.type === 'formula') walkFormula(walk, field, at);
    else walkRelated(walk, field, at);
  } catch (error) {
    if (!(error instanceof FormulaError) && !(error instanceof PiperError)) throw error;
  }
}

function walkFormula(walk: Walk, field: Field, at: Spot): void {
  for (const path of referencesOf(parseFormula(formulaOf(field)))) {
    const steps = resolvePath(path, at.model, walk.rules.models);
    if (typeof steps === 'string') continue;
    let spot = at;
    steps.forEach((step, index) => {
      const next = steps[index + 1];
      if (next) spot = cross(walk, { field: step.field, target: next.model }, spot);
      else walkField(walk, step.field, spot);
    });
  }
}

function walkRelated(walk: Walk, field: Field, at: Spot): void {
  const { rules } = walk;
  const related: (Related & Pick<Rollup, 'filter'>) | string =
    field.type === 'lookup' ? lookupOf(field, at.model, rules.models) : rollupOf(field, at.model, rules.models);
  if (typeof related === 'string') return;
  const there = cross(walk, { field: related.relation, target: related.target }, at);
  if (related.field) walkField(walk, related.field, there);
  if (related.filter) walkCondition(walk, rules.parse(related.filter, there.model), there);
}
