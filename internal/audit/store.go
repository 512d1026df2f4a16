package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kabinet/internal/platform/sqldb"
)

const columns = `owner, seq, at, actor_kind, actor, session_hash, act, object, agency, reason, prev, hash`

func scanLine(r sqldb.Row) (l Line, err error) {
	var at sqldb.Time
	err = r.Scan(&l.Owner, &l.Seq, &at, &l.Actor.Kind, &l.Actor.ID, &l.SessionHash, &l.Act, &l.Object, &l.Agency, &l.Reason, &l.Prev, &l.Hash)
	l.At = at.Time
	return l, err
}

// end is the last line of a chain: what the next one follows.
type end struct {
	seq  int64
	at   sqldb.Time
	hash []byte
}

func scanEnd(r sqldb.Row) (e end, err error) {
	err = r.Scan(&e.seq, &e.at, &e.hash)
	return e, err
}

const lastQuery = `SELECT seq, at, hash FROM audit_line WHERE owner = $1 ORDER BY seq DESC LIMIT 1`

// Record adds a line to the owner's chain in the caller's transaction. A time
// before that of the line before it (two processes, two clocks) becomes that
// one, so that a chain's times never go back.
func Record(ctx context.Context, tx *sqldb.DB, at time.Time, e Entry) error {
	if err := e.check(); err != nil {
		return err
	}
	if err := tx.Lock(ctx, "audit "+e.Owner); err != nil {
		return fmt.Errorf("locking the chain: %w", err)
	}
	last, err := sqldb.One(ctx, tx, scanEnd, lastQuery, e.Owner)
	if errors.Is(err, sqldb.ErrNoRow) {
		last = end{hash: make([]byte, 32)}
	} else if err != nil {
		return fmt.Errorf("reading the end of the chain: %w", err)
	}
	l := Line{Entry: e, Seq: last.seq + 1, SessionHash: sessionHash(e.Actor.Session), At: sqldb.At(at).Time, Prev: last.hash}
	if l.At.Before(last.at.Time) {
		l.At = last.at.Time
	}
	session := l.SessionHash
	if session == nil {
		session = []byte{}
	}
	_, err = tx.Exec(ctx, `INSERT INTO audit_line (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		l.Owner, l.Seq, sqldb.At(l.At), string(l.Actor.Kind), l.Actor.ID, session, l.Act, l.Object, l.Agency, l.Reason, l.Prev, l.hash())
	if err != nil {
		return fmt.Errorf("adding line %d to the chain: %w", l.Seq, err)
	}
	return nil
}

// Query asks for lines of one owner.
type Query struct {
	Owner  string
	By     Kind   // "" for all actors
	Before string // Cursor of the last line seen; "" begins with the newest
	Limit  int
}

// Cursor is what Query.Before takes to go on after this line.
func (l Line) Cursor() string { return strconv.FormatInt(l.Seq, 10) }

// List returns lines, newest first. A cursor that is none begins anew.
func List(ctx context.Context, db *sqldb.DB, q Query) ([]Line, error) {
	query, args := q.sql()
	lines, err := sqldb.All(ctx, db, scanLine, query, args...)
	if err != nil {
		return nil, fmt.Errorf("listing audit lines: %w", err)
	}
	return lines, nil
}

func (q Query) sql() (query string, args []any) {
	before, err := strconv.ParseInt(q.Before, 10, 64)
	if err != nil {
		before = 1 << 62
	}
	query, args = `SELECT `+columns+` FROM audit_line WHERE owner = $1 AND seq < $2`, []any{q.Owner, before, q.Limit}
	if q.By != "" {
		query, args = query+` AND actor_kind = $4`, append(args, string(q.By))
	}
	return query + ` ORDER BY seq DESC LIMIT $3`, args
}
