// Package sqldb opens the database and runs SQL on it.
//
// The same SQL text runs on SQLite and PostgreSQL. Placeholders are $1, $2:
// PostgreSQL's own, and accepted by the SQLite driver. What truly differs
// between the two is decided in this package and nowhere else.
//
// SQLite has one writer: transactions queue up, run one after another on one
// connection, and all that waited at the same time are made durable by one
// commit (synchronous=FULL). A transaction that fails is undone alone. A
// function given to Tx must be quick and must not wait for anything but the
// database: while it runs nobody else writes.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
	_ "modernc.org/sqlite"             // registers "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrNoRow is returned by One when the query matches nothing.
	ErrNoRow = errors.New("no row")
	// ErrDuplicate is returned when a UNIQUE constraint refuses a row.
	ErrDuplicate = errors.New("duplicate row")
)

// DB is a database or, inside the function given to Tx, one transaction of it.
// Store code takes a *DB and works in both.
type DB struct {
	*pools
	tx *txn // nil outside a transaction
}

// pools is what all transactions of a database share.
type pools struct {
	pg      bool
	pool    *sql.DB  // on SQLite for those who manage the database
	read    *readers // nil on PostgreSQL
	write   *writer  // nil on PostgreSQL
	signals signals
}

// txn is one running transaction.
type txn struct {
	conn     runner
	onCommit []func()
}

// runner is what runs a statement: a connection to SQLite, a transaction of
// PostgreSQL or its pool.
type runner interface {
	exec(ctx context.Context, query string, args []any) (int64, error)
	query(ctx context.Context, query string, args []any) (rows, error)
}

// rows are read one after another, as *sql.Rows are.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// standard runs statements as database/sql does.
type standard struct {
	conn interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	}
}

func (s standard) exec(ctx context.Context, query string, args []any) (int64, error) {
	res, err := s.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s standard) query(ctx context.Context, query string, args []any) (rows, error) {
	r, err := s.conn.QueryContext(ctx, query, args...) //nolint:rowserrcheck // whoever reads them does
	if err != nil {
		return nil, err // and not a nil *sql.Rows, which is no nil rows
	}
	return r, nil
}

// Open connects to url: "sqlite:PATH" or "postgres://…".
func Open(ctx context.Context, url string) (*DB, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return openSQLite(path)
	}
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, fmt.Errorf("opening database: the address must begin with sqlite: or postgres://")
	}
	pool, err := sql.Open("pgx", url)
	if err != nil {
		return nil, fmt.Errorf("opening database: %w", err)
	}
	pool.SetMaxOpenConns(16 * runtime.GOMAXPROCS(0))
	pool.SetMaxIdleConns(8 * runtime.GOMAXPROCS(0))
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reaching database: %w", err)
	}
	return &DB{pools: &pools{pg: true, pool: pool}}, nil
}

// Pragmas of all connections, and of the one that writes. A transaction changes
// pages of dozens of indexes: 16 MiB keep them at hand where the usual 2 MiB
// would not. The log is copied back every 4000 pages (16 MB): pages that all
// transactions change are copied once instead of four times.
var (
	pragmas       = []string{"journal_mode=WAL", "synchronous=FULL", "foreign_keys=1", "journal_size_limit=67108864"}
	writerPragmas = append(slices.Clone(pragmas), "cache_size=-16384", "wal_autocheckpoint=4000")
	readerPragmas = append(slices.Clone(pragmas), "query_only=1")
)

func openSQLite(path string) (*DB, error) {
	write, err := newWriter(path)
	if err != nil {
		return nil, fmt.Errorf("opening database: %w", err)
	}
	// For migrations: a connection of its own, closed when it is done with.
	pool, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma="+strings.Join(writerPragmas, "&_pragma="))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening database: %w", err), write.close())
	}
	pool.SetMaxOpenConns(1)
	pool.SetMaxIdleConns(0)
	return &DB{pools: &pools{pool: pool, read: newReaders(path, 2*runtime.GOMAXPROCS(0)), write: write}}, nil
}

// Close waits for the transactions that run and closes the database.
func (db *DB) Close() error {
	if db.signals.stop != nil {
		db.signals.stop()
	}
	if db.write != nil {
		db.read.close()
		return errors.Join(db.write.close(), db.pool.Close())
	}
	return db.pool.Close()
}

// Postgres reports whether the database is PostgreSQL. Only packages that
// manage the database itself (schema, backups, tests) may ask.
func (db *DB) Postgres() bool { return db.pg }

// Pool returns a pool that may write, for packages that manage the database
// itself. On SQLite transactions wait for it.
func (db *DB) Pool() *sql.DB { return db.pool }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	_, err := One(ctx, db, func(r Row) (n int, err error) { err = r.Scan(&n); return }, `SELECT 1`)
	return err
}

// Tx runs f in a transaction and commits it when f returns nil; the commit is
// durable when Tx returns. Called inside a transaction, it joins that one.
//
// f may run more than once, so it must not change anything but tx: on
// PostgreSQL when the database asks for it (serialization failure, deadlock),
// on SQLite when another transaction of the same commit fails.
func (db *DB) Tx(ctx context.Context, f func(tx *DB) error) error {
	if db.tx != nil {
		return f(db)
	}
	if db.write != nil {
		return db.write.do(ctx, func(conn runner) ([]func(), error) {
			tx := &DB{pools: db.pools, tx: &txn{conn: conn}}
			err := f(tx)
			return tx.tx.onCommit, err
		})
	}
	for try := 0; ; try++ {
		err := db.pgTx(ctx, f)
		if try == 3 || !retryable(err) {
			return err
		}
	}
}

func (db *DB) pgTx(ctx context.Context, f func(tx *DB) error) error {
	stx, err := db.pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning transaction: %w", err)
	}
	defer stx.Rollback() // a no-op after Commit
	tx := &DB{pools: db.pools, tx: &txn{conn: standard{stx}}}
	if err := f(tx); err != nil {
		return err
	}
	if err := stx.Commit(); err != nil {
		return known(err)
	}
	for _, done := range tx.tx.onCommit {
		done()
	}
	return nil
}

// OnCommit has f called after the transaction is durable, and never if it is
// not. f must be quick. Outside a transaction it is called at once.
func (db *DB) OnCommit(f func()) {
	if db.tx == nil {
		f()
		return
	}
	db.tx.onCommit = append(db.tx.onCommit, f)
}

// Lock makes transactions that name the same thing wait for each other until
// they end. On SQLite they do so anyway.
func (db *DB) Lock(ctx context.Context, name string) error {
	if !db.pg {
		return nil
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	_, err := db.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(h.Sum64()))
	return err
}

// SkipLocked ends a SELECT that takes rows nobody else is taking: "FOR UPDATE
// SKIP LOCKED", or nothing on SQLite, whose writers never meet.
func (db *DB) SkipLocked() string {
	if db.pg {
		return ` FOR UPDATE SKIP LOCKED`
	}
	return ""
}

// ForUpdate ends a SELECT whose rows the transaction is going to change.
func (db *DB) ForUpdate() string {
	if db.pg {
		return ` FOR UPDATE`
	}
	return ""
}

// Exec runs a statement and returns the number of rows it changed. Outside a
// transaction it is one of its own.
func (db *DB) Exec(ctx context.Context, query string, args ...any) (n int64, err error) {
	if db.tx == nil && db.write != nil {
		err = db.Tx(ctx, func(tx *DB) error {
			n, err = tx.Exec(ctx, query, args...)
			return err
		})
		return n, err
	}
	count(ctx)
	n, err = db.conn().exec(ctx, query, args)
	return n, known(err)
}

// Row is what a scan function reads one row from.
type Row interface{ Scan(dest ...any) error }

// All returns every row of the query as scan reads it.
func All[T any](ctx context.Context, db *DB, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.query(ctx, query, args)
	if err != nil {
		return nil, known(err)
	}
	defer rows.Close() //nolint:errcheck // what could not be read rows.Err tells
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("reading a row: %w", err)
		}
		all = append(all, v)
	}
	return all, known(rows.Err())
}

// One returns the first row of the query, or ErrNoRow.
func One[T any](ctx context.Context, db *DB, scan func(Row) (T, error), query string, args ...any) (v T, err error) {
	rows, err := db.query(ctx, query, args)
	if err != nil {
		return v, known(err)
	}
	defer rows.Close() //nolint:errcheck // what could not be read rows.Err tells
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return v, known(err)
		}
		return v, ErrNoRow
	}
	if v, err = scan(rows); err != nil {
		return v, fmt.Errorf("reading a row: %w", err)
	}
	return v, known(rows.Close())
}

// Int scans a single integer, for counts.
func Int(r Row) (n int, err error) {
	err = r.Scan(&n)
	return n, err
}

// Text scans a single text column.
func Text(r Row) (s string, err error) {
	err = r.Scan(&s)
	return s, err
}

func (db *DB) query(ctx context.Context, query string, args []any) (rows, error) {
	count(ctx)
	if db.tx == nil && db.read != nil {
		return db.read.query(query, args)
	}
	return db.conn().query(ctx, query, args)
}

// steady hides limits that are parameters from SQLite's planner. It plans by
// their values and so parses such a statement anew each time it runs, which
// costs several times what the statement does.
func steady(query string) string {
	head, tail, found := strings.Cut(query, "LIMIT $")
	if !found {
		return query
	}
	n := 0
	for n < len(tail) && tail[n] >= '0' && tail[n] <= '9' {
		n++
	}
	return head + "LIMIT 0 + $" + tail[:n] + steady(tail[n:])
}

// conn is what runs a statement, but for reading outside of a transaction on
// SQLite.
func (db *DB) conn() runner {
	if db.tx != nil {
		return db.tx.conn
	}
	return standard{db.pool}
}

// known turns a driver's error into one of this package's where callers act on it.
func known(err error) error {
	if err == nil {
		return nil
	}
	if e := (*liteError)(nil); errors.As(err, &e) {
		switch e.code {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return fmt.Errorf("%w: %w", ErrDuplicate, err)
		}
	}
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == "23505" {
		return fmt.Errorf("%w: %w", ErrDuplicate, err)
	}
	return err
}

// retryable tells a transaction that PostgreSQL asks to run again.
func retryable(err error) bool {
	pg := (*pgconn.PgError)(nil)
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
