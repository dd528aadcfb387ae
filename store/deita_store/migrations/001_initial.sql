-- The project format, version 1. Explained table by table in store/README.md.
-- Rules: STRICT tables; times are UTC in ISO 8601; JSON columns hold valid JSON; nothing that a
-- user said or a scorer measured is ever updated in place.

create table settings (
    key   text primary key,
    value text not null check (json_valid(value))
) strict, without rowid;
-- Tells this project from every other one, whatever its folder is called: caches and packed copies carry it.
insert into settings values ('project', json_quote(lower(hex(randomblob(16)))));

-- Where records come from ------------------------------------------------------------------------

create table sources (
    id   integer primary key,
    name text not null unique
) strict;

create table imports (
    id          integer primary key,
    path        text not null,                 -- as given; '-' is standard input
    file_name   text not null,
    bytes       integer,                       -- size and mtime recognise a file before it is hashed
    mtime_ns    integer,
    sha256      text,                          -- null until the whole file was hashed
    mapping     text not null check (json_valid(mapping)),
    state       text not null default 'running' check (state in ('running', 'complete')),
    rows_done   integer not null default 0,    -- rows of the file that are dealt with; resume skips them
    imported    integer not null default 0,    -- occurrences that brought a new record
    duplicates  integer not null default 0,    -- occurrences of a record that was there
    refused     integer not null default 0,
    started_at  text not null,
    finished_at text,
    replaces    integer references imports (id),
    removed_by  integer references journal (id)
) strict;
-- Not unique: undoing a removal may bring back an import whose file was imported again meanwhile.
create index imports_identity on imports (sha256, mapping)
    where sha256 is not null and removed_by is null;

create table records (
    id              integer primary key,
    uid             text not null unique,      -- 16 hex digits: hash of the body as imported
    conversation_id integer not null,          -- the version in force; an edit points on, undo points back
    source_id       integer not null references sources (id),   -- of the first occurrence in force
    turns           integer not null,          -- (instruction, response) pairs of that version
    chars           integer not null,
    live            integer not null default 1 -- occurrences in force; 0: removed with its source
) strict;
-- Answers how many records and turns each source has without reading the table.
create index records_source on records (source_id, turns) where live > 0;
create index records_removed on records (conversation_id) where live = 0;

-- Every version of every record. Rows are immutable, so whatever is derived from one (turns, scores,
-- vectors, the search index) stays true for it.
create table conversations (
    id        integer primary key,
    record_id integer not null references records (id) on delete cascade,
    revision  integer not null default 0,      -- 0: as imported
    turns     integer not null,
    chars     integer not null,
    body      text not null                    -- {"messages": [...], "rejected": [...], "label": ...}
) strict;
create unique index conversations_edited on conversations (record_id, revision) where revision > 0;

-- Each row of a file that became a record. Exact duplicates share one record.
create table occurrences (
    id          integer primary key,
    import_id   integer not null references imports (id),
    row         integer not null,              -- 0-based row of the file
    part        integer not null default 0,    -- a row may hold several records
    record_id   integer not null references records (id) on delete cascade,
    source_id   integer not null references sources (id),
    external_id text,                          -- the file's own id; need not be unique
    extras      text,                          -- the file's other fields, as JSON
    layout      text,                          -- what an export needs to restore the row's own shape, as JSON
    removed_by  integer references journal (id)
) strict;
create unique index occurrences_row on occurrences (import_id, row, part);
create index occurrences_record on occurrences (record_id);
create index occurrences_removed on occurrences (removed_by) where removed_by is not null;

create table refusals (
    id        integer primary key,
    import_id integer not null references imports (id),
    row       integer not null,
    place     text not null,                   -- 'line 17', 'item 3', 'row 5'
    reason    text not null,                   -- a short code: 'not-json', 'nul', 'no-messages', …
    message   text not null,                   -- the sentence
    excerpt   text not null                    -- the start of the row, made printable
) strict;
create unique index refusals_row on refusals (import_id, row);

-- What is measured -------------------------------------------------------------------------------

-- Derived from conversations by the pairing rule. A key is a 16-byte hash of the text a scorer reads.
create table turns (
    conversation_id integer not null references conversations (id) on delete cascade,
    turn            integer not null,          -- 0-based
    instruction     blob not null,
    pair            blob not null,
    problem         text,                      -- why it cannot be scored
    primary key (conversation_id, turn)
) strict, without rowid;

create table scorers (
    id         integer primary key,
    identity   text not null unique,           -- hash of config: equal identity, equal score
    name       text not null,
    measures   text not null,                  -- 'complexity', 'quality', 'ifd', …
    reads      text not null check (reads in ('instruction', 'pair')),
    config     text not null check (json_valid(config)),
    created_at text not null
) strict;

create table scores (
    scorer_id integer not null references scorers (id),
    text      blob not null,                   -- turns.instruction or turns.pair, as the scorer reads
    value     real,
    reason    text,                            -- why there is no value
    p1 real, p2 real, p3 real, p4 real, p5 real, p6 real,   -- the six digits, softmax over them alone
    mass      real,                            -- what the six hold of the whole vocabulary
    tokens    integer,
    shortened integer not null default 0 check (shortened in (0, 1)),
    job_id    integer,
    primary key (scorer_id, text),
    check ((value is null) <> (reason is null))
) strict, without rowid;

-- The sum over a conversation's turns, kept so that a million rows can be sorted by it.
create table record_scores (
    scorer_id       integer not null references scorers (id),
    conversation_id integer not null references conversations (id) on delete cascade,
    scored          integer not null,          -- turns with a value
    failed          integer not null,          -- turns without one
    mean            real,
    primary key (scorer_id, conversation_id)
) strict, without rowid;
create index record_scores_failed on record_scores (scorer_id) where failed > 0;   -- few, and asked for

create table embedders (
    id         integer primary key,
    identity   text not null unique,
    name       text not null,
    dimensions integer not null,
    config     text not null check (json_valid(config)),
    created_at text not null
) strict;

create table vectors (
    id          integer primary key,
    embedder_id integer not null references embedders (id),
    text        blob not null,                 -- 16-byte hash of the rendered text
    vector      blob,                          -- little-endian float16, L2-normalised
    reason      text,
    shortened   integer not null default 0 check (shortened in (0, 1)),
    unique (embedder_id, text),
    check ((vector is null) <> (reason is null))
) strict;

create table record_vectors (
    embedder_id     integer not null references embedders (id),
    conversation_id integer not null references conversations (id) on delete cascade,
    vector_id       integer not null references vectors (id),
    primary key (embedder_id, conversation_id)
) strict, without rowid;

-- How far each derivation has come: every conversation up to this id is done.
create table derived (
    name            text primary key,          -- 'turns', …
    conversation_id integer not null
) strict, without rowid;

-- What the user said -----------------------------------------------------------------------------

-- Append-only. An undo or redo is a row that names its target; `undone` is the state that follows.
-- 0: in force. 1: undone, and can be redone. 2: void; a later act dropped the redo, or a purge left
-- nothing of it. The acts in force, in the order of their ids, add up to the current state.
create table journal (
    id      integer primary key,
    at      text not null,
    actor   text not null,                     -- who, and by which door: 'ada (cli)'
    kind    text not null,                     -- keep reject clear flag unflag rate note tag untag edit remove replace save hide purge undo redo …
    summary text not null,                     -- never quotes a record, so that a purge need not touch it
    args    text not null default '{}' check (json_valid(args)),
    target  integer references journal (id),
    undone  integer not null default 0 check (undone in (0, 1, 2))
) strict;
create index journal_standing on journal (undone, id) where target is null;   -- what undo and redo ask

create table changes (
    journal_id integer not null references journal (id),
    record_id  integer not null references records (id) on delete cascade,
    field      text not null,                  -- decision flag rating note conversation, or tag:NAME
    before     text,
    after      text,
    primary key (journal_id, record_id, field)
) strict, without rowid;
create index changes_record on changes (record_id);

-- The state that the journal adds up to. A record without any mark has no row.
create table marks (
    record_id  integer primary key references records (id) on delete cascade,
    decision   text check (decision in ('keep', 'reject')),
    flag       integer not null default 0 check (flag in (0, 1)),
    rating     integer check (rating between 1 and 6),
    note       text
) strict;

create table tags (
    tag       text not null,
    record_id integer not null references records (id) on delete cascade,
    primary key (tag, record_id)
) strict, without rowid;
create index tags_record on tags (record_id);

-- What was selected ------------------------------------------------------------------------------

create table selections (
    id            integer primary key,
    name          text,                        -- null: the working selection
    params        text not null check (json_valid(params)),
    computed_from text not null check (json_valid(computed_from)),
    complexity_id integer references scorers (id),
    quality_id    integer references scorers (id),
    embedder_id   integer references embedders (id),
    kept          integer not null,
    last_record   integer not null,            -- the newest record it knew; what came later has no outcome
    rest          text not null default 'over_budget'
                  check (rest in ('over_budget', 'unscored', 'filtered')),   -- records without a row
    hidden        integer not null default 0 check (hidden in (0, 1)),       -- its saving was undone
    created_at    text not null,
    journal_id    integer references journal (id)
) strict;
create unique index selections_named on selections (name) where hidden = 0;
create unique index selections_working on selections (ifnull(name, '')) where name is null;

create table outcomes (
    selection_id integer not null references selections (id) on delete cascade,
    record_id    integer not null references records (id) on delete cascade,
    status       text not null check (status in
                 ('kept', 'too_similar', 'over_budget', 'rejected', 'filtered', 'unscored')),
    rank         integer,                      -- place among the kept, from 1
    position     integer,                      -- place in score order, from 1
    score        real,
    blocked_by   integer references records (id) on delete set null,
    similarity   real,
    reason       text,
    primary key (selection_id, record_id)
) strict, without rowid;
create index outcomes_blocked on outcomes (blocked_by) where blocked_by is not null;

-- Long work --------------------------------------------------------------------------------------

create table jobs (
    id           integer primary key,
    kind         text not null,                -- 'import', 'derive', 'score', …
    args         text not null check (json_valid(args)),
    state        text not null default 'queued'
                 check (state in ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
    wanted       text not null default 'run' check (wanted in ('run', 'pause', 'cancel')),
    stage        text not null default '',     -- what it is doing, in a word
    done         integer not null default 0,
    total        integer,                      -- null while unknown
    unit         text not null default 'rows',
    rate         real,                         -- units a second, lately
    result       text check (result is null or json_valid(result)),
    error        text,
    hint         text,
    created_at   text not null,
    started_at   text,
    heartbeat_at text,
    finished_at  text
) strict;

-- For reading ------------------------------------------------------------------------------------

-- One row for every record that a selection knew: what became of it.
create view record_outcomes as
select s.id as selection_id, coalesce(s.name, '(working)') as selection, r.id as record_id, r.uid,
       coalesce(o.status, s.rest) as status, o.rank, o.position, o.score,
       o.blocked_by, o.similarity, o.reason
from selections s
join records r on r.live > 0 and r.id <= s.last_record
left join outcomes o on o.selection_id = s.id and o.record_id = r.id
where s.hidden = 0;

-- Everything that was dropped: at which stage, from what, why, and by whom.
create view dropped as
select 'import' as stage, i.file_name as origin, null as record_id, null as uid,
       f.place as place, f.reason as why, f.message as detail,
       'deita-tui import' as by_whom, i.started_at as at
from refusals f join imports i on i.id = f.import_id
where i.removed_by is null
union all
select 'removal', i.file_name, r.id, r.uid,
       'row ' || (o.row + 1), j.kind, j.summary, j.actor, j.at
from records r
join occurrences o on o.record_id = r.id
join journal j on j.id = o.removed_by
join imports i on i.id = o.import_id
where r.live = 0
union all
select 'review', s.name, r.id, r.uid,
       null, 'rejected', m.note, j.actor, j.at
from marks m
join records r on r.id = m.record_id and r.live > 0
join sources s on s.id = r.source_id
join journal j on j.id = (
    select max(c.journal_id) from changes c join journal a on a.id = c.journal_id
    where c.record_id = m.record_id and c.field = 'decision' and a.undone = 0)
where m.decision = 'reject'
union all
select 'selection', o.selection, o.record_id, o.uid,
       null, o.status,
       case when o.blocked_by is not null
            then 'similar to record ' || o.blocked_by || ' (' || round(o.similarity, 4) || ')'
            else o.reason end,
       coalesce(j.actor, 'deita-tui select'), s.created_at
from record_outcomes o
join selections s on s.id = o.selection_id
left join journal j on j.id = s.journal_id
where o.status <> 'kept';

-- The text of each version in force: the messages' contents, one under another.
create view texts as
select r.id as record_id, r.uid, r.conversation_id,
       (select group_concat(content, char(10)) from (
            select json_extract(m.value, '$.content') as content
            from json_each(c.body, '$.messages') m order by m.key)) as text
from records r join conversations c on c.id = r.conversation_id;
