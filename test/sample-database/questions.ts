/**
 * Varied questions to the attached Chinook database, each in the records' dialect and in SQL over the original. A row of the
 * answer is the list of what stands at `take` (by default at `fields`), and equals the row of the SQL.
 */
export interface Question {
  what: string;
  model: string;
  /** Query parameters; objects are sent as JSON. */
  ask: Record<string, unknown>;
  /** Paths in a record of the reply; a path that ends in `[]` is the list of what follows. */
  take?: string[];
  sql: string;
}

const track = (what: string, filter: unknown, where: string): Question => ({
  what,
  model: 'track',
  ask: { filter, fields: 'track_id', sort: 'track_id', limit: -1 },
  sql: `select t."TrackId" from "Track" t left join "Album" a using ("AlbumId") left join "Artist" r using ("ArtistId")
    left join "Genre" g on g."GenreId" = t."GenreId" where ${where} order by 1 limit 1000`,
});
const inPlaylist = (condition: string): string =>
  `select 1 from "PlaylistTrack" pt join "Playlist" p using ("PlaylistId") where pt."TrackId" = t."TrackId" and ${condition}`;

const plain: Question[] = [
  track('equal', { name: { _eq: 'Dazed and Confused' } }, `t."Name" = 'Dazed and Confused'`),
  track(
    'not equal leaves out what is missing',
    { composer: { _neq: 'U2' }, track_id: { _lt: 400 } },
    `t."Composer" <> 'U2' and t."TrackId" < 400`,
  ),
  track('missing', { composer: { _null: true }, track_id: { _lte: 900 } }, `t."Composer" is null and t."TrackId" <= 900`),
  track('one of', { track_id: { _in: [1, 50, 3503, 99999] } }, `t."TrackId" in (1, 50, 3503)`),
  track('none of', { track_id: { _nin: [1, 2, 3], _lt: 10 } }, `t."TrackId" not in (1, 2, 3) and t."TrackId" < 10`),
  track('between', { milliseconds: { _between: [60_000, 120_000] } }, `t."Milliseconds" between 60000 and 120000`),
  track('a decimal, exactly', { unit_price: { _gt: '0.99' } }, `t."UnitPrice" > 0.99`),
  track('contains, as it is written', { name: { _contains: 'Love' } }, `t."Name" like '%Love%'`),
  track('contains, in any case', { name: { _icontains: 'LOVE' } }, `t."Name" ilike '%love%'`),
  track('begins', { name: { _starts_with: 'The ' } }, `t."Name" like 'The %'`),
  track('ends, in any case', { name: { _iends_with: 'BLUES' } }, `t."Name" ilike '%blues'`),
  track('wildcards are letters', { name: { _contains: '%' } }, `position('%' in t."Name") > 0`),
  track('a pattern', { name: { _regex: '^[0-9]+$' } }, `t."Name" ~ '^[0-9]+$'`),
  track(
    'and, or',
    { _or: [{ name: { _starts_with: 'Q' } }, { _and: [{ bytes: { _gt: 500_000_000 } }, { milliseconds: { _lt: 2_600_000 } }] }] },
    `t."Name" like 'Q%' or (t."Bytes" > 500000000 and t."Milliseconds" < 2600000)`,
  ),
];

const related: Question[] = [
  track('of the artist of the album', { album: { artist: { name: { _eq: 'Iron Maiden' } } } }, `r."Name" = 'Iron Maiden'`),
  track(
    'of two relations at once',
    { genre: { name: { _eq: 'Jazz' } }, album: { title: { _icontains: 'best' } } },
    `g."Name" = 'Jazz' and a."Title" ilike '%best%'`,
  ),
  track('in a playlist', { playlists: { _some: { name: { _eq: 'Grunge' } } } }, `exists (${inPlaylist(`p."Name" = 'Grunge'`)})`),
  track(
    'in one, not in another',
    { _and: [{ playlists: { _some: { name: { _eq: 'Classical' } } } }, { playlists: { _none: { playlist_id: { _eq: 13 } } } }] },
    `exists (${inPlaylist(`p."Name" = 'Classical'`)}) and not exists (${inPlaylist(`p."PlaylistId" = 13`)})`,
  ),
  track(
    'never sold, of one artist',
    { invoice_lines: { _none: {} }, album: { artist: { name: { _eq: 'U2' } } } },
    `r."Name" = 'U2' and not exists (select 1 from "InvoiceLine" l where l."TrackId" = t."TrackId")`,
  ),
  track(
    'sold to a country',
    { invoice_lines: { _some: { invoice: { billing_country: { _eq: 'Norway' } } } } },
    `exists (select 1 from "InvoiceLine" l join "Invoice" i using ("InvoiceId") where l."TrackId" = t."TrackId" and i."BillingCountry" = 'Norway')`,
  ),
  {
    what: 'whose every record fulfils something',
    model: 'album',
    ask: { filter: { tracks: { _every: { unit_price: { _eq: '1.99' } } } }, fields: 'album_id', sort: 'album_id', limit: -1 },
    sql: `select "AlbumId" from "Album" a where not exists (select 1 from "Track" t where t."AlbumId" = a."AlbumId" and t."UnitPrice" is distinct from 1.99) order by 1`,
  },
  {
    what: 'without any',
    model: 'artist',
    ask: { filter: { albums: { _none: {} } }, fields: 'artist_id,name', sort: 'artist_id', limit: -1 },
    sql: `select "ArtistId", "Name" from "Artist" r where not exists (select 1 from "Album" a where a."ArtistId" = r."ArtistId") order by 1`,
  },
  {
    what: 'through a self reference, twice',
    model: 'employee',
    ask: {
      filter: { reports_to: { reports_to: { last_name: { _eq: 'Adams' } } } },
      fields: 'first_name,last_name',
      sort: 'last_name',
    },
    sql: `select e."FirstName", e."LastName" from "Employee" e join "Employee" b on b."EmployeeId" = e."ReportsTo" join "Employee" c on c."EmployeeId" = b."ReportsTo"
      where c."LastName" = 'Adams' order by e."LastName" collate "C"`,
  },
  {
    what: 'who leads others',
    model: 'employee',
    ask: { filter: { employees_by_reports_to: { _some: {} } }, fields: 'employee_id', sort: 'employee_id' },
    sql: `select "EmployeeId" from "Employee" e where exists (select 1 from "Employee" s where s."ReportsTo" = e."EmployeeId") order by 1`,
  },
  {
    what: 'customers of whom whose boss is somebody',
    model: 'customer',
    ask: {
      filter: { support_rep: { reports_to: { first_name: { _eq: 'Nancy' } } }, country: { _eq: 'Germany' } },
      fields: 'email',
      sort: 'email',
    },
    sql: `select c."Email" from "Customer" c join "Employee" e on e."EmployeeId" = c."SupportRepId" join "Employee" b on b."EmployeeId" = e."ReportsTo"
      where b."FirstName" = 'Nancy' and c."Country" = 'Germany' order by 1`,
  },
];

const shown: Question[] = [
  {
    what: 'records of records of records',
    model: 'track',
    ask: {
      filter: { track_id: { _between: [100, 140] } },
      fields: 'name,album.title,album.artist.name,genre.name,media_type.name',
      sort: 'track_id',
    },
    sql: `select t."Name", a."Title", r."Name", g."Name", m."Name" from "Track" t join "Album" a using ("AlbumId") join "Artist" r using ("ArtistId")
      join "Genre" g on g."GenreId" = t."GenreId" join "MediaType" m using ("MediaTypeId") where t."TrackId" between 100 and 140 order by t."TrackId"`,
  },
  {
    what: 'a self reference that leads nowhere',
    model: 'employee',
    ask: { fields: 'last_name,reports_to.last_name', sort: 'employee_id' },
    sql: `select e."LastName", b."LastName" from "Employee" e left join "Employee" b on b."EmployeeId" = e."ReportsTo" order by e."EmployeeId"`,
  },
  {
    what: 'lists of lists',
    model: 'artist',
    ask: { filter: { name: { _starts_with: 'Led' } }, fields: 'name,albums.title,albums.tracks.name', sort: 'name' },
    take: ['name', 'albums[].title'],
    sql: `select r."Name", array(select a."Title" from "Album" a where a."ArtistId" = r."ArtistId" order by a."AlbumId") from "Artist" r where r."Name" like 'Led%' order by 1`,
  },
  {
    what: 'the first of each list, in an order, that fulfil something',
    model: 'customer',
    ask: {
      fields: 'customer_id,invoices.total',
      deep: { invoices: { _filter: { total: { _gt: '5' } }, _sort: '-total,invoice_id', _limit: 2 } },
      sort: 'customer_id',
      limit: 20,
    },
    take: ['customer_id', 'invoices[].total'],
    sql: `select c."CustomerId", array(select i."Total"::text from "Invoice" i where i."CustomerId" = c."CustomerId" and i."Total" > 5 order by i."Total" desc, i."InvoiceId" limit 2)
      from "Customer" c order by 1 limit 20`,
  },
  {
    what: 'a many-to-many relation from its other side',
    model: 'playlist',
    ask: { filter: { name: { _eq: 'Grunge' } }, fields: 'name,tracks.name', deep: { tracks: { _sort: 'track_id' } } },
    take: ['name', 'tracks[].name'],
    sql: `select p."Name", array(select t."Name" from "PlaylistTrack" pt join "Track" t using ("TrackId") where pt."PlaylistId" = p."PlaylistId" order by t."TrackId")
      from "Playlist" p where p."Name" = 'Grunge'`,
  },
  {
    what: 'how many there are in each list',
    model: 'playlist',
    ask: { fields: 'playlist_id,count(tracks)', sort: 'playlist_id' },
    take: ['playlist_id', 'tracks_count'],
    sql: `select p."PlaylistId", (select count(*) from "PlaylistTrack" pt where pt."PlaylistId" = p."PlaylistId") from "Playlist" p order by 1`,
  },
  {
    what: 'parts of a moment',
    model: 'invoice',
    ask: { fields: 'invoice_id,year(invoice_date),month(invoice_date),day(invoice_date)', sort: 'invoice_id', limit: 100 },
    take: ['invoice_id', 'invoice_date_year', 'invoice_date_month', 'invoice_date_day'],
    sql: `select "InvoiceId", extract(year from "InvoiceDate")::int, extract(month from "InvoiceDate")::int, extract(day from "InvoiceDate")::int from "Invoice" order by 1 limit 100`,
  },
];

const ordered: Question[] = [
  {
    what: 'in two orders',
    model: 'customer',
    ask: { fields: 'country,last_name', sort: '-country,last_name', limit: -1 },
    sql: `select "Country", "LastName" from "Customer" order by "Country" collate "C" desc, "LastName" collate "C"`,
  },
  {
    what: 'in the order of another record',
    model: 'album',
    ask: { fields: 'title,artist.name', sort: 'artist.name,-title', limit: 200 },
    sql: `select a."Title", r."Name" from "Album" a join "Artist" r using ("ArtistId") order by r."Name" collate "C", a."Title" collate "C" desc limit 200`,
  },
  {
    what: 'what is missing comes last',
    model: 'customer',
    ask: { fields: 'customer_id,company', sort: 'company,customer_id', limit: -1 },
    sql: `select "CustomerId", "Company" from "Customer" order by "Company" collate "C" nulls last, 1`,
  },
  {
    what: 'a page in the middle',
    model: 'track',
    ask: { fields: 'track_id', sort: '-milliseconds,track_id', limit: 25, offset: 1_000 },
    sql: `select "TrackId" from "Track" order by "Milliseconds" desc, 1 limit 25 offset 1000`,
  },
  {
    what: 'the fourth page',
    model: 'invoice',
    ask: { fields: 'invoice_id,total', sort: '-total,-invoice_id', limit: 30, page: 4 },
    sql: `select "InvoiceId", "Total" from "Invoice" order by 2 desc, 1 desc limit 30 offset 90`,
  },
  {
    what: 'in the order of a part of a moment',
    model: 'employee',
    ask: { fields: 'employee_id', sort: 'month(hire_date),employee_id' },
    sql: `select "EmployeeId" from "Employee" order by extract(month from "HireDate"), 1`,
  },
];

const moments: Question[] = [
  {
    what: 'within a quarter',
    model: 'invoice',
    ask: {
      filter: { invoice_date: { _gte: '2011-01-01', _lt: '2011-04-01' } },
      fields: 'invoice_id,invoice_date',
      sort: 'invoice_id',
    },
    sql: `select "InvoiceId", to_char("InvoiceDate", 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') from "Invoice" where "InvoiceDate" >= '2011-01-01' and "InvoiceDate" < '2011-04-01' order by 1`,
  },
  {
    what: 'of a year',
    model: 'invoice',
    ask: { filter: { 'year(invoice_date)': { _eq: 2012 } }, fields: 'invoice_id', sort: 'invoice_id', limit: -1 },
    sql: `select "InvoiceId" from "Invoice" where extract(year from "InvoiceDate") = 2012 order by 1`,
  },
  {
    what: 'born before somebody was hired, long ago',
    model: 'employee',
    ask: {
      filter: { birth_date: { _lt: '1965-01-01T00:00:00Z' }, hire_date: { _lt: '$NOW(-5 years)' } },
      fields: 'employee_id',
      sort: 'employee_id',
    },
    sql: `select "EmployeeId" from "Employee" where "BirthDate" < '1965-01-01' and "HireDate" < now() - interval '5 years' order by 1`,
  },
];

const grouped: Question[] = [
  {
    what: 'how many in all',
    model: 'track',
    ask: { aggregate: { count: '*' } },
    take: ['count'],
    sql: `select count(*) from "Track"`,
  },
  {
    what: 'sums over what fulfils something',
    model: 'invoice',
    ask: { aggregate: { sum: ['total'], min: ['total'], max: ['total'] }, filter: { billing_country: { _eq: 'USA' } } },
    take: ['sum.total', 'min.total', 'max.total'],
    sql: `select sum("Total"), min("Total"), max("Total") from "Invoice" where "BillingCountry" = 'USA'`,
  },
  {
    what: 'how many different ones',
    model: 'customer',
    ask: { aggregate: { countDistinct: ['country', 'city'], count: ['company'] } },
    take: ['countDistinct.country', 'countDistinct.city', 'count.company'],
    sql: `select count(distinct "Country"), count(distinct "City"), count("Company") from "Customer"`,
  },
  {
    what: 'sales by country, the most first',
    model: 'invoice',
    ask: { aggregate: { sum: ['total'], count: '*' }, groupBy: 'billing_country', sort: '-sum.total,billing_country', limit: 10 },
    take: ['billing_country', 'sum.total', 'count'],
    sql: `select "BillingCountry", sum("Total"), count(*) from "Invoice" group by 1 order by 2 desc, 1 limit 10`,
  },
  {
    what: 'sales by month',
    model: 'invoice',
    ask: {
      aggregate: { sum: ['total'] },
      groupBy: 'year(invoice_date),month(invoice_date)',
      sort: 'invoice_date_year,invoice_date_month',
      limit: -1,
    },
    take: ['invoice_date_year', 'invoice_date_month', 'sum.total'],
    sql: `select extract(year from "InvoiceDate")::int, extract(month from "InvoiceDate")::int, sum("Total") from "Invoice" group by 1, 2 order by 1, 2`,
  },
  {
    what: 'tracks sold of a genre, by price',
    model: 'invoice_line',
    ask: {
      aggregate: { sum: ['quantity'] },
      groupBy: 'unit_price',
      filter: { track: { genre: { name: { _in: ['Rock', 'Drama'] } } } },
      sort: 'unit_price',
    },
    take: ['unit_price', 'sum.quantity'],
    sql: `select l."UnitPrice", sum(l."Quantity") from "InvoiceLine" l join "Track" t using ("TrackId") join "Genre" g using ("GenreId") where g."Name" in ('Rock', 'Drama') group by 1 order by 1`,
  },
  {
    what: 'the longest of each composer of one artist',
    model: 'track',
    ask: {
      aggregate: { max: ['milliseconds'] },
      groupBy: 'composer',
      filter: { album: { artist: { name: { _eq: 'Queen' } } } },
      sort: 'composer',
      limit: -1,
    },
    take: ['composer', 'max.milliseconds'],
    sql: `select t."Composer", max(t."Milliseconds") from "Track" t join "Album" a using ("AlbumId") join "Artist" r using ("ArtistId") where r."Name" = 'Queen' group by 1 order by t."Composer" collate "C"`,
  },
];

const searched: Question[] = [
  {
    what: 'a word anywhere in the texts',
    model: 'customer',
    ask: { search: 'são', fields: 'customer_id', sort: 'customer_id' },
    sql: `select "CustomerId" from "Customer" where concat_ws(' | ', "FirstName", "LastName", "Company", "Address", "City", "State", "Country", "PostalCode", "Phone", "Fax", "Email") ilike '%são%' order by 1`,
  },
  {
    what: 'a word, in what fulfils something',
    model: 'track',
    ask: { search: 'night', filter: { unit_price: { _eq: '0.99' } }, fields: 'track_id', sort: 'track_id', limit: -1 },
    sql: `select "TrackId" from "Track" where ("Name" ilike '%night%' or "Composer" ilike '%night%') and "UnitPrice" = 0.99 order by 1`,
  },
];

export const questions: readonly Question[] = [...plain, ...related, ...shown, ...ordered, ...moments, ...grouped, ...searched];
