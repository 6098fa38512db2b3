/**
 * The architecture as one table: which code may import which. `npm run check` holds everything to it.
 * A feature may use the features listed for it, through their index.ts and nothing else.
 */
const uses = {
  identity: [],
  projects: ['identity'],
  files: ['identity', 'projects'],
  prompts: ['identity', 'projects'],
  'data-models': ['identity', 'projects'],
  workflows: ['identity', 'projects'],
  threads: ['identity', 'projects', 'files'],
  assistants: ['identity', 'projects', 'prompts', 'files', 'threads'],
  records: ['identity', 'projects', 'data-models', 'files'],
  applications: ['identity', 'projects', 'data-models', 'prompts', 'files'],
};

const features = '^server/src/features';
const change = 'To change this, edit the table in .dependency-cruiser.cjs and record the decision in docs/adr.';
const tests = '\\.test\\.tsx?$';
const forbid = (name, comment, from, to) => ({ name, severity: 'error', comment: `${comment} ${change}`, from, to });

const featureRules = Object.entries(uses).map(([name, used]) =>
  forbid(
    `feature-${name}`,
    `${name} may use ${used.join(', ') || 'no other feature'}, through index.ts.`,
    { path: `${features}/${name}/`, pathNot: tests },
    { path: `${features}/`, pathNot: [`${features}/${name}/`, ...used.map((other) => `${features}/${other}/index\\.ts$`)] },
  ),
);

/** The only code that may speak SQL: repositories, the database's own folder, and the platform's mechanisms that own their tables. */
const speaksSql = [
  '^server/src/platform/(db|records|events|live|runs|http/(health|rate-limit))',
  '^server/src/features/(data-models|records)/',
  '\\.(repo|tables)\\.ts$',
  tests,
  '^server/src/compose\\.ts$',
];

module.exports = {
  forbidden: [
    ...featureRules,
    forbid(
      'unlisted-feature',
      'Every feature stands in the table of features.',
      { path: `${features}/(?!(${Object.keys(uses).join('|')})/)` },
      { path: '.' },
    ),
    forbid(
      'platform-is-below',
      'The platform knows no feature.',
      { path: '^server/src/platform/', pathNot: tests },
      { path: features },
    ),
    forbid(
      'parts-do-not-know-the-whole',
      'Features and platform are put together by app, compose and main, never the other way round.',
      { path: '^server/src/(platform|features)/', pathNot: tests },
      { path: '^server/src/[^/]+\\.ts$' },
    ),
    forbid(
      'shared-is-pure',
      'shared/ runs in the browser too: only itself and typebox.',
      { path: '^shared/', pathNot: tests },
      { path: '^(server|web|test)/' },
    ),
    forbid(
      'shared-without-packages',
      'shared/ may import typebox and nothing else.',
      { path: '^shared/', pathNot: tests },
      {
        dependencyTypes: ['npm', 'npm-dev', 'npm-peer', 'npm-optional', 'core', 'npm-no-pkg', 'npm-unknown'],
        pathNot: 'node_modules/typebox/',
      },
    ),
    forbid('web-never-server', 'The web app reaches the server over HTTP.', { path: '^web/' }, { path: '^server/' }),
    forbid('server-never-web', 'The server serves the built web app as files.', { path: '^server/' }, { path: '^web/' }),
    forbid(
      'ui-without-data',
      'web/src/ui holds components without data.',
      { path: '^web/src/ui/', pathNot: tests },
      { path: '^(web/src/(platform|features|fields)/|shared/)' },
    ),
    forbid(
      'web-platform-is-below',
      'web/src/platform knows no component.',
      { path: '^web/src/platform/', pathNot: tests },
      { path: '^web/src/(features|fields)/' },
    ),
    forbid('web-fields', 'Fields know no feature.', { path: '^web/src/fields/', pathNot: tests }, { path: '^web/src/features/' }),
    forbid(
      'tests-are-on-top',
      'No source imports tests, journeys, benches or scripts.',
      { path: '^(server|shared|web)/', pathNot: tests },
      { path: `(^(test|e2e|bench|scripts)/|${tests})` },
    ),
    forbid(
      'e2e-from-outside',
      'Journeys use Piper as people do: shared contracts and HTTP.',
      { path: '^e2e/' },
      { path: '^(server/src/features|web)/' },
    ),
    forbid(
      'sql-in-repositories',
      'SQL stands in *.repo.ts and in the platform.',
      { path: '^server/src/', pathNot: speaksSql },
      { path: 'node_modules/(pg|kysely)/', dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'no-circular',
      'Modules do not go round in circles.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbid('resolvable', 'It must exist.', {}, { couldNotResolve: true }),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(\\.gen\\.ts$|^web/dist/|\\.css$|^template/)' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js'],
    },
  },
};
