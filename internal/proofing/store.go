package proofing

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// store is every statement on this feature's tables.
type store struct{ keys *secret.Keyring }

const requestColumns = `account, id, kind, state, data, created_at, updated_at`

func (s store) scanRequest(row sqldb.Row) (r Request, err error) {
	var data []byte
	var created, updated sqldb.Time
	if err := row.Scan(&r.Account, &r.ID, (*string)(&r.Kind), (*string)(&r.State), &data, &created, &updated); err != nil {
		return r, err
	}
	r.Created, r.Updated = created.Time, updated.Time
	return r, s.keys.OpenJSON("proofing_request", "data", r.Account, data, &r.Data)
}

// request returns ErrNone.
func (s store) request(ctx context.Context, db *sqldb.DB, account, id, lock string) (Request, error) {
	r, err := sqldb.One(ctx, db, s.scanRequest, `SELECT `+requestColumns+` FROM proofing_request WHERE account = $1 AND id = $2`+lock, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return r, ErrNone
	}
	return r, err
}

// requests returns the newest of the account, older than the one with ID before
// ("" is from the newest).
func (s store) requests(ctx context.Context, db *sqldb.DB, account, before string, limit int) ([]Request, error) {
	if before == "" {
		before = "~" // after every ID
	}
	return sqldb.All(ctx, db, s.scanRequest, `SELECT `+requestColumns+` FROM proofing_request WHERE account = $1 AND id < $2 ORDER BY id DESC LIMIT $3`,
		account, before, limit)
}

// since returns requests of a kind that were made after a moment, oldest first.
func (s store) since(ctx context.Context, db *sqldb.DB, account string, kind Kind, from time.Time) ([]Request, error) {
	return sqldb.All(ctx, db, s.scanRequest, `SELECT `+requestColumns+` FROM proofing_request WHERE account = $1 AND kind = $2 AND created_at > $3 ORDER BY created_at`,
		account, string(kind), sqldb.At(from))
}

func (s store) insert(ctx context.Context, tx *sqldb.DB, r Request) error {
	data, err := s.keys.SealJSON("proofing_request", "data", r.Account, r.Data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO proofing_request (`+requestColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.Account, r.ID, string(r.Kind), string(r.State), data, sqldb.At(r.Created), sqldb.At(r.Updated))
	return err
}

func (s store) update(ctx context.Context, tx *sqldb.DB, r Request) error {
	data, err := s.keys.SealJSON("proofing_request", "data", r.Account, r.Data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE proofing_request SET state = $1, data = $2, updated_at = $3 WHERE account = $4 AND id = $5`,
		string(r.State), data, sqldb.At(r.Updated), r.Account, r.ID)
	return err
}

func insertProof(ctx context.Context, tx *sqldb.DB, account string, p Proof) error {
	_, err := tx.Exec(ctx, `INSERT INTO proofing_proof (account, id, method, level, at) VALUES ($1, $2, $3, $4, $5)`,
		account, p.ID, p.Method, string(p.Level), sqldb.At(p.At))
	return err
}

// proofs returns the newest.
func proofs(ctx context.Context, db *sqldb.DB, owner string, limit int) ([]Proof, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (p Proof, err error) {
		var at sqldb.Time
		var level string
		err = r.Scan(&p.ID, &p.Method, &level, &at)
		p.Level, p.At = account.Level(level), at.Time
		return p, err
	}, `SELECT id, method, level, at FROM proofing_proof WHERE account = $1 ORDER BY id DESC LIMIT $2`, owner, limit)
}

// Letters.

// letter is an order of a code on paper.
type letter struct {
	account string
	id      string
	address string
	code    string // "" once the post office has it
	hash    []byte
	tries   int
	created time.Time
	sent    time.Time // zero: the post office does not have it yet
	used    time.Time // zero: not used
}

const letterColumns = `account, id, address, code, hash, tries, created_at, sent_at, used_at`

func (s store) scanLetter(row sqldb.Row) (l letter, err error) {
	var address, code []byte
	var created, sent, used sqldb.Time
	if err := row.Scan(&l.account, &l.id, &address, &code, &l.hash, &l.tries, &created, &sent, &used); err != nil {
		return l, err
	}
	l.created, l.sent, l.used = created.Time, sent.Time, used.Time
	if l.address, err = s.keys.OpenString("proofing_letter", "address", l.account, address); err != nil || code == nil {
		return l, err
	}
	l.code, err = s.keys.OpenString("proofing_letter", "code", l.account, code)
	return l, err
}

// letter returns ErrNoLetter; id "" is the newest.
func (s store) letter(ctx context.Context, db *sqldb.DB, account, id, lock string) (letter, error) {
	query, args := `SELECT `+letterColumns+` FROM proofing_letter WHERE account = $1 ORDER BY id DESC LIMIT 1`, []any{account}
	if id != "" {
		query, args = `SELECT `+letterColumns+` FROM proofing_letter WHERE account = $1 AND id = $2`, []any{account, id}
	}
	l, err := sqldb.One(ctx, db, s.scanLetter, query+lock, args...)
	if errors.Is(err, sqldb.ErrNoRow) {
		return l, ErrNoLetter
	}
	return l, err
}

// letters returns all of an account.
func (s store) letters(ctx context.Context, db *sqldb.DB, account string) ([]letter, error) {
	return sqldb.All(ctx, db, s.scanLetter, `SELECT `+letterColumns+` FROM proofing_letter WHERE account = $1 ORDER BY id`, account)
}

func (s store) insertLetter(ctx context.Context, tx *sqldb.DB, l letter) error {
	_, err := tx.Exec(ctx, `INSERT INTO proofing_letter (account, id, address, code, hash, tries, created_at) VALUES ($1, $2, $3, $4, $5, 0, $6)`,
		l.account, l.id, s.keys.SealString("proofing_letter", "address", l.account, l.address), s.keys.SealString("proofing_letter", "code", l.account, l.code),
		l.hash, sqldb.At(l.created))
	return err
}

// sentLetter forgets the code: from now on only its hash is known here.
func sentLetter(ctx context.Context, tx *sqldb.DB, account, id string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE proofing_letter SET sent_at = $1, code = NULL WHERE account = $2 AND id = $3`, sqldb.At(at), account, id)
	return err
}

func missLetter(ctx context.Context, tx *sqldb.DB, account, id string) error {
	_, err := tx.Exec(ctx, `UPDATE proofing_letter SET tries = tries + 1 WHERE account = $1 AND id = $2`, account, id)
	return err
}

func useLetter(ctx context.Context, tx *sqldb.DB, account, id string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE proofing_letter SET used_at = $1 WHERE account = $2 AND id = $3`, sqldb.At(at), account, id)
	return err
}

// The queue of the verifiers.

// waiting is a row of the queue.
type waiting struct {
	id, account string
	kind        Kind
	at          time.Time
	verifier    string
}

// enqueue adds a request or opens it again.
func enqueue(ctx context.Context, tx *sqldb.DB, w waiting) error {
	_, err := tx.Exec(ctx, `INSERT INTO proofing_queue (id, account, kind, open, at, verifier) VALUES ($1, $2, $3, $4, $5, '')
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, open = excluded.open, at = excluded.at, verifier = excluded.verifier`,
		w.id, w.account, string(w.kind), true, sqldb.At(w.at))
	return err
}

// dequeue closes a row; one that is not there stays so.
func dequeue(ctx context.Context, tx *sqldb.DB, id, verifier string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE proofing_queue SET open = $1, at = $2, verifier = $3 WHERE id = $4 AND open = $5`, false, sqldb.At(at), verifier, id, true)
	return err
}

func scanWaiting(r sqldb.Row) (w waiting, err error) {
	var at sqldb.Time
	err = r.Scan(&w.id, &w.account, (*string)(&w.kind), &at, &w.verifier)
	w.at = at.Time
	return w, err
}

// waitingByID returns ErrNone.
func waitingByID(ctx context.Context, db *sqldb.DB, id string) (waiting, error) {
	w, err := sqldb.One(ctx, db, scanWaiting, `SELECT id, account, kind, at, verifier FROM proofing_queue WHERE id = $1`, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return w, ErrNone
	}
	return w, err
}

// queueQuery returns the statement for a page of the queue. Open ones come in
// the order in which they wait, decided ones the newest first.
func queueQuery(f Filter) (query string, args []any) {
	query, args = `SELECT id, account, kind, at, verifier FROM proofing_queue WHERE open = $1`, []any{!f.Closed}
	if f.Kind != "" {
		query, args = query+` AND kind = $2`, append(args, string(f.Kind))
	}
	n := len(args)
	op, order := ">", ""
	if f.Closed {
		op, order = "<", " DESC"
	}
	if !f.after.at.IsZero() {
		query += ` AND (at, id) ` + op + ` ($` + string(rune('1'+n)) + `, $` + string(rune('2'+n)) + `)`
		args = append(args, sqldb.At(f.after.at), f.after.id)
		n += 2
	}
	return query + ` ORDER BY at` + order + `, id` + order + ` LIMIT $` + string(rune('1'+n)), append(args, f.Limit)
}

func queue(ctx context.Context, db *sqldb.DB, f Filter) ([]waiting, error) {
	query, args := queueQuery(f)
	return sqldb.All(ctx, db, scanWaiting, query, args...)
}

// countOpen counts what waits, up to a limit.
func countOpen(ctx context.Context, db *sqldb.DB, limit int) (int, error) {
	return sqldb.One(ctx, db, sqldb.Int, `SELECT count(*) FROM (SELECT 1 FROM proofing_queue WHERE open = $1 LIMIT $2) AS c`, true, limit)
}
