package account

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// oneTime is the state of a one-time code.
type oneTime struct {
	hash  []byte
	tries int // wrong ones so far
	sent  time.Time
	until time.Time
}

// Kinds of flows.
const (
	flowRegister = "register"
	flowSecond   = "second"
	flowRecover  = "recover"
	flowUnlock   = "unlock"
	flowPhone    = "phone" // sign-in by a code to the phone
)

// flow is a chain of steps that a person who is not signed in takes in one
// browser.
type flow struct {
	id      string
	kind    string
	browser []byte // hash of the browser's cookie
	account string // whom it concerns, "" when nobody has the login, or nobody yet
	data    flowData
	sends   int // codes sent so far
	code    []byte
	oneTime
	proved time.Time // when the code was given
	done   time.Time
	until  time.Time
}

// flowData is what a flow remembers, sealed.
type flowData struct {
	Login    Login
	To       Login // where codes go; Kind "" is nowhere
	Lang     string
	Exists   bool // a registration with a phone that has an account already
	Name     Name // of a registration, as typed last
	Email    string
	Consents []string
	Next     string // path to go to after the sign-in
	Kept     string // form to show again after the sign-in
	Remember bool
	Alien    bool
	Link     []byte // hash of the secret of the link in the letter; empty: none
	Way      Factor // of the second step
	Confined bool   // the password must be changed before anything else
}

// way is the way of a second step; one begun by a program that knew only codes
// to contacts names none.
func (d *flowData) way() Factor {
	if d.Way == "" {
		return sentTo(d.To.Kind)
	}
	return d.Way
}

func insertFlow(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, f flow) error {
	data, err := keys.SealJSON("account_flow", "data", f.id, f.data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO account_flow (id, kind, browser, account, data, sends, hash, code, tries, sent_at, code_until, until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		f.id, f.kind, f.browser, f.account, data, f.sends, f.hash, f.code, f.tries, sqldb.At(f.sent), sqldb.At(f.oneTime.until), sqldb.At(f.until))
	return err
}

// flowByID returns the flow locked for change when called in a transaction that
// is going to change it. It returns ErrFlow.
func flowByID(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, id, lock string) (flow, error) {
	f, err := sqldb.One(ctx, db, func(r sqldb.Row) (f flow, err error) {
		var data []byte
		var sent, codeUntil, proved, done, until sqldb.Time
		if err := r.Scan(&f.id, &f.kind, &f.browser, &f.account, &data, &f.sends, &f.hash, &f.code, &f.tries, &sent, &codeUntil, &proved, &done, &until); err != nil {
			return f, err
		}
		f.sent, f.oneTime.until, f.proved, f.done, f.until = sent.Time, codeUntil.Time, proved.Time, done.Time, until.Time
		return f, keys.OpenJSON("account_flow", "data", f.id, data, &f.data)
	}, `SELECT id, kind, browser, account, data, sends, hash, code, tries, sent_at, code_until, proved_at, done_at, until FROM account_flow WHERE id = $1`+lock, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return f, ErrFlow
	}
	return f, err
}

func updateFlow(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, f flow) error {
	data, err := keys.SealJSON("account_flow", "data", f.id, f.data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE account_flow SET data = $1, sends = $2, hash = $3, code = $4, tries = $5, sent_at = $6, code_until = $7, proved_at = $8, done_at = $9
		WHERE id = $10`, data, f.sends, f.hash, f.code, f.tries, sqldb.At(f.sent), sqldb.At(f.oneTime.until), sqldb.At(f.proved), sqldb.At(f.done), f.id)
	return err
}

func missFlow(ctx context.Context, tx *sqldb.DB, id string) error {
	_, err := tx.Exec(ctx, `UPDATE account_flow SET tries = tries + 1 WHERE id = $1`, id)
	return err
}

func forgetFlowCode(ctx context.Context, tx *sqldb.DB, id string, send int) error {
	_, err := tx.Exec(ctx, `UPDATE account_flow SET code = $1 WHERE id = $2 AND sends = $3`, []byte{}, id, send)
	return err
}

// Codes of accounts.

type code struct {
	account, id, purpose, object string
	kind                         Kind // of the contact that it goes to
	code                         []byte
	oneTime
	used time.Time
}

func insertCode(ctx context.Context, tx *sqldb.DB, c code) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_code (account, id, purpose, object, kind, hash, code, tries, sent_at, until) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)`,
		c.account, c.id, c.purpose, c.object, string(c.kind), c.hash, c.code, sqldb.At(c.sent), sqldb.At(c.until))
	return err
}

// codeByID returns ErrCodeOver when there is none.
func codeByID(ctx context.Context, db *sqldb.DB, account, id, lock string) (code, error) {
	c, err := sqldb.One(ctx, db, func(r sqldb.Row) (c code, err error) {
		var sent, until, used sqldb.Time
		err = r.Scan(&c.account, &c.id, &c.purpose, &c.object, (*string)(&c.kind), &c.hash, &c.code, &c.tries, &sent, &until, &used)
		c.sent, c.until, c.used = sent.Time, until.Time, used.Time
		return c, err
	}, `SELECT account, id, purpose, object, kind, hash, code, tries, sent_at, until, used_at FROM account_code WHERE account = $1 AND id = $2`+lock, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return c, ErrCodeOver
	}
	return c, err
}

// latestCode returns the newest code for an object, the zero code when none.
func latestCode(ctx context.Context, db *sqldb.DB, account, purpose, object string) (code, error) {
	id, err := sqldb.One(ctx, db, sqldb.Text, `SELECT id FROM account_code WHERE account = $1 AND purpose = $2 AND object = $3 ORDER BY id DESC LIMIT 1`, account, purpose, object)
	if errors.Is(err, sqldb.ErrNoRow) {
		return code{}, nil
	}
	if err != nil {
		return code{}, err
	}
	return codeByID(ctx, db, account, id, "")
}

func missCode(ctx context.Context, tx *sqldb.DB, account, id string) error {
	_, err := tx.Exec(ctx, `UPDATE account_code SET tries = tries + 1 WHERE account = $1 AND id = $2`, account, id)
	return err
}

func useCode(ctx context.Context, tx *sqldb.DB, account, id string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE account_code SET used_at = $1 WHERE account = $2 AND id = $3`, sqldb.At(at), account, id)
	return err
}

func forgetCode(ctx context.Context, tx *sqldb.DB, account, id string) error {
	_, err := tx.Exec(ctx, `UPDATE account_code SET code = $1 WHERE account = $2 AND id = $3`, []byte{}, account, id)
	return err
}

// Links of letters.

type link struct {
	account, id, contact string
	secret               []byte // its hash
	sealed               []byte // what the letter carries, until it is sent
	until                time.Time
}

func insertLink(ctx context.Context, tx *sqldb.DB, l link) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_link (account, id, secret, sealed, contact, until) VALUES ($1, $2, $3, $4, $5, $6)`,
		l.account, l.id, l.secret, l.sealed, l.contact, sqldb.At(l.until))
	return err
}

// linkByID returns ErrLink.
func linkByID(ctx context.Context, db *sqldb.DB, account, id string) (link, error) {
	l, err := sqldb.One(ctx, db, func(r sqldb.Row) (l link, err error) {
		var until sqldb.Time
		err = r.Scan(&l.account, &l.id, &l.secret, &l.sealed, &l.contact, &until)
		l.until = until.Time
		return l, err
	}, `SELECT account, id, secret, sealed, contact, until FROM account_link WHERE account = $1 AND id = $2`, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return l, ErrLink
	}
	return l, err
}

func deleteLinks(ctx context.Context, tx *sqldb.DB, account string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_link WHERE account = $1`, account)
	return err
}
