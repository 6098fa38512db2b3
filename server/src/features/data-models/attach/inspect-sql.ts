/** The questions to a foreign PostgreSQL's catalogue. $1 is the list of schemas. */

/** Tables and views; partitions are part of their parent. */
export const tablesSql = `
  select c.oid::int8 as oid, n.nspname as schema, c.relname as name, c.relkind as kind, obj_description(c.oid, 'pg_class') as comment,
    case when c.reltuples >= 0 then c.reltuples::float8 end as estimate, row_security_active(c.oid) as guarded,
    has_table_privilege(c.oid, 'select') or has_any_column_privilege(c.oid, 'select') as readable,
    (select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e' limit 1) as extension,
    c.relkind = 'r' and exists (select 1 from pg_inherits i where i.inhparent = c.oid) as inherited
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition and c.relpersistence <> 't'
  order by n.nspname, c.relname`;

export const columnsSql = `
  select a.attrelid::int8 as oid, a.attname as name, a.atttypid::int8 as type, a.atttypmod as modifier, a.attnotnull as "notNull",
    format_type(a.atttypid, a.atttypmod) as written, pg_get_expr(d.adbin, d.adrelid) as "default", a.attidentity <> '' as identity,
    a.attgenerated <> '' as generated, col_description(a.attrelid, a.attnum) as comment,
    has_column_privilege(a.attrelid, a.attnum, 'select') as readable
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition and c.relpersistence <> 't'
    and a.attnum > 0 and not a.attisdropped
  order by a.attrelid, a.attnum`;

/** All types, with what they are made of. */
export const typesSql = `
  select t.oid::int8 as oid, t.typname as name, t.typtype as kind, t.typcategory as category, t.typbasetype::int8 as base,
    t.typtypmod as modifier, t.typnotnull as "notNull", case when t.typelem <> 0 and t.typsubscript = 'array_subscript_handler'::regproc then t.typelem::int8 end as element,
    format_type(t.oid, null) as written, format_type(nullif(t.typbasetype, 0), t.typtypmod) as "baseWritten",
    (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) as labels,
    (select array_agg(pg_get_constraintdef(k.oid) order by k.conname) from pg_constraint k where k.contypid = t.oid and k.contype = 'c') as checks,
    (select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid
      where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e' limit 1) as extension
  from pg_type t`;

/** typsubscript came with PostgreSQL 14; before it, arrays were known by their length. */
export const typesSqlBefore14 = typesSql.replace(`t.typsubscript = 'array_subscript_handler'::regproc`, 't.typlen = -1');

export const constraintsSql = `
  select k.conrelid::int8 as oid, k.conname as name, k.contype as kind, k.convalidated as validated, k.confdeltype as "onDelete",
    pg_get_constraintdef(k.oid) as definition,
    (select array_agg(a.attname::text order by u.place) from unnest(k.conkey) with ordinality u(number, place)
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number) as columns,
    tn.nspname as "targetSchema", t.relname as "targetName",
    (select array_agg(a.attname::text order by u.place) from unnest(k.confkey) with ordinality u(number, place)
      join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number) as "targetColumns"
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_class t on t.oid = k.confrelid left join pg_namespace tn on tn.oid = t.relnamespace
  where n.nspname = any($1) and not c.relispartition and k.contype in ('p', 'u', 'f', 'c', 'x') and (k.contype <> 'f' or not coalesce(t.relispartition, false))
  order by k.conrelid, k.conname`;

/** Indexes that no constraint stands for. A plain one is over columns, of all rows, and of the usual kind. */
export const indexesSql = `
  select i.indrelid::int8 as oid, c.relname as name, i.indisunique as "unique", pg_get_indexdef(i.indexrelid) as definition,
    i.indexprs is null and i.indpred is null and am.amname = 'btree' and i.indisvalid as plain,
    (select array_agg(a.attname::text order by u.place) from unnest(i.indkey::int2[]) with ordinality u(number, place)
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = u.number where u.place <= i.indnkeyatts) as columns
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am am on am.oid = c.relam
    join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace
  where n.nspname = any($1) and not t.relispartition and t.relkind in ('r', 'p', 'm')
    and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
  order by i.indrelid, c.relname`;

/** What does something of its own when rows change. */
export const triggersSql = `
  select t.tgrelid::int8 as oid, t.tgname as name, 'trigger' as what from pg_trigger t join pg_class c on c.oid = t.tgrelid
    join pg_namespace n on n.oid = c.relnamespace where n.nspname = any($1) and not t.tgisinternal and not c.relispartition
  union all
  select r.ev_class::int8, r.rulename, 'rule' from pg_rewrite r join pg_class c on c.oid = r.ev_class
    join pg_namespace n on n.oid = c.relnamespace where n.nspname = any($1) and r.rulename <> '_RETURN'
  order by 1, 2`;

export const functionsSql = `
  select n.nspname as schema, p.proname as name, p.prokind = 'p' as procedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = any($1) and not exists (select 1 from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  order by 1, 2`;

/** Schemas that belong to somebody, not to PostgreSQL. */
export const schemasSql = `
  select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' and has_schema_privilege(oid, 'usage') order by 1`;
