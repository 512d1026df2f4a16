package jobs

import (
	"context"
	"embed"
	"errors"
	"time"

	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the table of this package.
func Schema() schema.Feature {
	return schema.Feature{Name: "jobs", FS: migrations, Tables: []schema.Table{
		{Name: "job", Why: "local: runners of all owners take from one queue; a job is added on the node of the coordinator"},
	}}
}

type row struct {
	id, kind, args string
	attempt        int
}

func scanRow(r sqldb.Row) (j row, err error) {
	err = r.Scan(&j.id, &j.kind, &j.args, &j.attempt)
	return j, err
}

func insert(ctx context.Context, tx *sqldb.DB, id, kind, args, uniq string, at time.Time) error {
	var key any // NULL: not unique
	if uniq != "" {
		key = uniq
	}
	_, err := tx.Exec(ctx, `INSERT INTO job (id, kind, args, uniq, state, run_at, attempt, error)
		VALUES ($1, $2, $3, $4, 'ready', $5, 0, '') ON CONFLICT DO NOTHING`, id, kind, args, key, sqldb.At(at))
	return err
}

// due reports whether some job may run at now, and else when the next one may.
func due(ctx context.Context, db *sqldb.DB, now time.Time) (ready bool, next time.Time, err error) {
	at, err := sqldb.One(ctx, db, func(r sqldb.Row) (t sqldb.Time, err error) { err = r.Scan(&t); return },
		`SELECT run_at FROM job WHERE state = 'ready' ORDER BY run_at, id LIMIT 1`)
	if errors.Is(err, sqldb.ErrNoRow) {
		return false, time.Time{}, nil
	}
	return err == nil && !at.After(now), at.Time, err
}

func claim(ctx context.Context, db *sqldb.DB, now, until time.Time, limit int) (jobs []row, err error) {
	err = db.Tx(ctx, func(tx *sqldb.DB) error {
		jobs, err = sqldb.All(ctx, tx, scanRow, `UPDATE job SET state = 'run', attempt = attempt + 1, lease_until = $1
			WHERE id IN (SELECT id FROM job WHERE state = 'ready' AND run_at <= $2 ORDER BY run_at, id LIMIT $3`+tx.SkipLocked()+`)
			RETURNING id, kind, args, attempt`, sqldb.At(until), sqldb.At(now), limit)
		return err
	})
	return jobs, err
}

func renew(ctx context.Context, db *sqldb.DB, id string, attempt int, until time.Time) (held bool, err error) {
	n, err := db.Exec(ctx, `UPDATE job SET lease_until = $1 WHERE id = $2 AND attempt = $3 AND state = 'run'`, sqldb.At(until), id, attempt)
	return n == 1, err
}

// release gives back, to be run at now, the jobs whose lease ends before a time.
func release(ctx context.Context, db *sqldb.DB, ends, now time.Time) (int64, error) {
	return db.Exec(ctx, `UPDATE job SET state = 'ready', run_at = $1 WHERE state = 'run' AND lease_until < $2`, sqldb.At(now), sqldb.At(ends))
}

func finish(ctx context.Context, tx *sqldb.DB, id string, attempt int, every time.Duration, now time.Time) error {
	var n int64
	var err error
	if every > 0 {
		n, err = tx.Exec(ctx, `UPDATE job SET state = 'ready', attempt = 0, error = '', run_at = $1 WHERE id = $2 AND attempt = $3 AND state = 'run'`,
			sqldb.At(now.Add(every)), id, attempt)
	} else {
		n, err = tx.Exec(ctx, `DELETE FROM job WHERE id = $1 AND attempt = $2 AND state = 'run'`, id, attempt)
	}
	if err == nil && n == 0 {
		return ErrLost
	}
	return err
}

func failed(ctx context.Context, db *sqldb.DB, id string, attempt int, state string, at time.Time, why string) error {
	_, err := db.Exec(ctx, `UPDATE job SET state = $1, run_at = $2, error = $3 WHERE id = $4 AND attempt = $5 AND state = 'run'`,
		state, sqldb.At(at), why, id, attempt)
	return err
}

// Dead is a job that failed for good.
type Dead struct {
	ID, Kind, Args, Error string
	At                    sqldb.Time
	Attempt               int
}

// ListDead returns the newest dead jobs, at most limit.
func ListDead(ctx context.Context, db *sqldb.DB, limit int) ([]Dead, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (d Dead, err error) {
		err = r.Scan(&d.ID, &d.Kind, &d.Args, &d.Error, &d.At, &d.Attempt)
		return d, err
	}, `SELECT id, kind, args, error, run_at, attempt FROM job WHERE state = 'dead' ORDER BY run_at DESC, id LIMIT $1`, limit)
}

// Revive lets a dead job run again from its first attempt.
func Revive(ctx context.Context, db *sqldb.DB, id string, now time.Time) (bool, error) {
	n, err := db.Exec(ctx, `UPDATE job SET state = 'ready', attempt = 0, run_at = $1 WHERE id = $2 AND state = 'dead'`, sqldb.At(now), id)
	return n == 1, err
}

// Counts returns how many jobs are in each state.
func Counts(ctx context.Context, db *sqldb.DB) (map[string]int, error) {
	type pair struct {
		state string
		n     int
	}
	all, err := sqldb.All(ctx, db, func(r sqldb.Row) (p pair, err error) { err = r.Scan(&p.state, &p.n); return p, err },
		`SELECT state, count(*) FROM job GROUP BY state`)
	counts := map[string]int{"ready": 0, "run": 0, "dead": 0}
	for _, p := range all {
		counts[p.state] = p.n
	}
	return counts, err
}
