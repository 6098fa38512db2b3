/**
 * The one language for "which": Directus' filter JSON. A filter is an object of field conditions (all must hold),
 * `_and`, `_or`, and paths over relations: `{"_and":[{"status":{"_eq":"open"}},{"members":{"_some":{"userId":{"_eq":"$CURRENT_USER"}}}}]}`.
 */
export type FilterValue = string | number | boolean | null | FilterValue[];

export interface Filter {
  [key: string]: Filter | Filter[] | FilterValue | undefined;
}
