package videocall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

type store struct{ keys *secret.Keyring }

const columns = `account, id, state, asked_at, seen_at, taken_at, ended_at, operator, reason, note`

func (s store) scan(r sqldb.Row) (m Meeting, err error) {
	var asked, seen, taken, ended sqldb.Time
	var note []byte
	if err := r.Scan(&m.Account, &m.ID, &m.State, &asked, &seen, &taken, &ended, &m.Operator, &m.Reason, &note); err != nil {
		return m, err
	}
	m.AskedAt, m.SeenAt, m.TakenAt, m.EndedAt = asked.Time, seen.Time, taken.Time, ended.Time
	if len(note) > 0 {
		m.Note, err = s.keys.OpenString("videocall_meeting", "note", m.Account, note)
	}
	return m, err
}

// byID returns ErrNone.
func (s store) byID(ctx context.Context, db *sqldb.DB, account, id, lock string) (Meeting, error) {
	m, err := sqldb.One(ctx, db, s.scan, `SELECT `+columns+` FROM videocall_meeting WHERE account = $1 AND id = $2`+lock, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return m, ErrNone
	}
	if err != nil {
		return m, fmt.Errorf("reading meeting %s: %w", id, err)
	}
	return m, nil
}

// listOf returns the newest meetings of an account. IDs sort by time.
func (s store) listOf(ctx context.Context, db *sqldb.DB, account string, limit int) ([]Meeting, error) {
	return sqldb.All(ctx, db, s.scan, `SELECT `+columns+` FROM videocall_meeting WHERE account = $1 ORDER BY id DESC LIMIT $2`, account, limit)
}

func (s store) insert(ctx context.Context, tx *sqldb.DB, m Meeting) error {
	_, err := tx.Exec(ctx, `INSERT INTO videocall_meeting (account, id, state, asked_at, seen_at, operator, reason) VALUES ($1, $2, $3, $4, $5, '', '')`,
		m.Account, m.ID, string(m.State), sqldb.At(m.AskedAt), sqldb.At(m.SeenAt))
	return err
}

func (s store) update(ctx context.Context, tx *sqldb.DB, m Meeting) error {
	var note []byte
	if m.Note != "" {
		note = s.keys.SealString("videocall_meeting", "note", m.Account, m.Note)
	}
	_, err := tx.Exec(ctx, `UPDATE videocall_meeting SET state = $1, taken_at = $2, ended_at = $3, operator = $4, reason = $5, note = $6 WHERE account = $7 AND id = $8`,
		string(m.State), sqldb.At(m.TakenAt), sqldb.At(m.EndedAt), m.Operator, m.Reason, note, m.Account, m.ID)
	return err
}

func saw(ctx context.Context, db *sqldb.DB, account, id string, at time.Time) error {
	_, err := db.Exec(ctx, `UPDATE videocall_meeting SET seen_at = $1 WHERE account = $2 AND id = $3`, sqldb.At(at), account, id)
	return err
}

const queueQuery = `SELECT account, id, asked_at FROM videocall_meeting WHERE state = 'waiting' AND state IN ('waiting', 'live') AND seen_at > $1 ORDER BY asked_at LIMIT $2`

// queue returns who waits, first come first.
func queue(ctx context.Context, db *sqldb.DB, seenSince time.Time, limit int) ([]Queued, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (q Queued, err error) {
		var asked sqldb.Time
		err = r.Scan(&q.Account, &q.ID, &asked)
		q.AskedAt = asked.Time
		return q, err
	}, queueQuery, sqldb.At(seenSince), limit)
}

const aheadQuery = `SELECT count(*) FROM videocall_meeting WHERE state = 'waiting' AND state IN ('waiting', 'live') AND asked_at < $1 AND seen_at > $2`

// ahead counts who waits longer.
func ahead(ctx context.Context, db *sqldb.DB, asked, seenSince time.Time) (int, error) {
	return sqldb.One(ctx, db, sqldb.Int, aheadQuery, sqldb.At(asked), sqldb.At(seenSince))
}

const staleQuery = `SELECT account, id FROM videocall_meeting WHERE state IN ('waiting', 'live') AND seen_at < $1 LIMIT 500`

type place struct{ account, id string }

// stale returns open meetings whose person was not heard of since a time.
func stale(ctx context.Context, db *sqldb.DB, since time.Time) ([]place, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (p place, err error) {
		err = r.Scan(&p.account, &p.id)
		return p, err
	}, staleQuery, sqldb.At(since))
}

// addSignal returns false when the side has sent too many.
func (s store) addSignal(ctx context.Context, tx *sqldb.DB, m Meeting, side Side, data string) (bool, error) {
	last, err := sqldb.One(ctx, tx, sqldb.Int, `SELECT COALESCE(max(seq), 0) FROM videocall_signal WHERE account = $1 AND meeting = $2 AND side = $3`, m.Account, m.ID, string(side))
	if err != nil || last >= signalsMax {
		return false, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO videocall_signal (account, meeting, side, seq, data) VALUES ($1, $2, $3, $4, $5)`,
		m.Account, m.ID, string(side), last+1, s.keys.SealString("videocall_signal", "data", m.Account, data))
	return err == nil, err
}

// signals returns what a side has sent after a number.
func (s store) signals(ctx context.Context, db *sqldb.DB, m Meeting, side Side, after int) ([]Signal, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (out Signal, err error) {
		var data []byte
		if err := r.Scan(&out.Seq, &data); err != nil {
			return out, err
		}
		out.Data, err = s.keys.OpenString("videocall_signal", "data", m.Account, data)
		return out, err
	}, `SELECT seq, data FROM videocall_signal WHERE account = $1 AND meeting = $2 AND side = $3 AND seq > $4 ORDER BY seq`, m.Account, m.ID, string(side), after)
}

func dropSignals(ctx context.Context, tx *sqldb.DB, account, meeting string) error {
	_, err := tx.Exec(ctx, `DELETE FROM videocall_signal WHERE account = $1 AND meeting = $2`, account, meeting)
	return err
}

const liveQuery = ` FROM videocall_meeting WHERE state = 'live' AND state IN ('waiting', 'live') AND operator = $1 ORDER BY asked_at`

// liveOf returns the live meetings of an operator.
func (s store) liveOf(ctx context.Context, db *sqldb.DB, operator string) ([]Meeting, error) {
	return sqldb.All(ctx, db, s.scan, `SELECT `+columns+liveQuery, operator)
}
