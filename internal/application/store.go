package application

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/eform"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/workcal"
)

// store reads and writes the tables of this package and seals what is personal.
type store struct{ keys *secret.Keyring }

const columns = `account, id, number, form_key, service, version, agency, status, seq, sent_at, change_at, due, calendar, assignee, desk, ask, reason, result`

func (s store) scan(r sqldb.Row) (a Application, err error) {
	var sent, change sqldb.Time
	var due string
	var ask, reason []byte
	err = r.Scan(&a.Account, &a.ID, &a.Number, &a.FormKey, &a.Service, &a.Version, &a.Agency, &a.Status, &a.Seq,
		&sent, &change, &due, &a.Calendar, &a.Assignee, &a.Desk, &ask, &reason, &a.Result)
	if err != nil {
		return a, err
	}
	a.SentAt, a.ChangeAt = sent.Time, change.Time
	if due != "" {
		if a.Due, err = workcal.ParseDate(due); err != nil {
			return a, err
		}
	}
	if len(ask) > 0 {
		a.Ask = &Ask{}
		if err := s.keys.OpenJSON("application", "ask", a.Account, ask, a.Ask); err != nil {
			return a, err
		}
	}
	a.Reason, err = s.keys.OpenString("application", "reason", a.Account, reason)
	return a, err
}

func (s store) byID(ctx context.Context, db *sqldb.DB, account, id string) (Application, error) {
	return s.one(ctx, db, `SELECT `+columns+` FROM application WHERE account = $1 AND id = $2`, account, id)
}

// forChange is byID for a transaction that is going to change the row.
func (s store) forChange(ctx context.Context, tx *sqldb.DB, account, id string) (Application, error) {
	return s.one(ctx, tx, `SELECT `+columns+` FROM application WHERE account = $1 AND id = $2`+tx.ForUpdate(), account, id)
}

func (s store) byForm(ctx context.Context, db *sqldb.DB, account, form string) (Application, error) {
	return s.one(ctx, db, `SELECT `+columns+` FROM application WHERE account = $1 AND form_key = $2`, account, form)
}

func (s store) one(ctx context.Context, db *sqldb.DB, query string, args ...any) (Application, error) {
	a, err := sqldb.One(ctx, db, s.scan, query, args...)
	if errors.Is(err, sqldb.ErrNoRow) {
		return a, ErrNone
	}
	return a, err
}

// list returns the account's applications, newest first, at most limit of those
// before the one with the ID ("": from the newest). IDs sort as the moments of
// sending do.
func (s store) list(ctx context.Context, db *sqldb.DB, account, before string, limit int) ([]Application, error) {
	if before == "" {
		return sqldb.All(ctx, db, s.scanRow(account), listFirst, account, limit)
	}
	return sqldb.All(ctx, db, s.scanRow(account), listNext, account, before, limit)
}

// scanRow reads an application of the account as lists show it. It leaves out
// what they do not: half of the columns is half of the time.
func (s store) scanRow(account string) func(sqldb.Row) (Application, error) {
	return func(r sqldb.Row) (Application, error) {
		a := Application{Account: account}
		var sent sqldb.Time
		var due string
		var ask []byte
		if err := r.Scan(&a.ID, &a.Number, &a.Service, &a.Version, &a.Status, &sent, &due, &a.Desk, &ask); err != nil {
			return a, err
		}
		a.SentAt = sent.Time
		var err error
		if due != "" {
			a.Due, err = workcal.ParseDate(due)
		}
		if err == nil && len(ask) > 0 {
			a.Ask = &Ask{}
			err = s.keys.OpenJSON("application", "ask", account, ask, a.Ask)
		}
		return a, err
	}
}

const (
	rowColumns = `id, number, service, version, status, sent_at, due, desk, ask`
	listFirst  = `SELECT ` + rowColumns + ` FROM application WHERE account = $1 ORDER BY id DESC LIMIT $2`
	listNext   = `SELECT ` + rowColumns + ` FROM application WHERE account = $1 AND id < $2 ORDER BY id DESC LIMIT $3`
)

// since returns how many applications for a service the account sent after a
// time, and when the last of them was sent that was not taken back. It goes
// through the account's applications from the newest to the first one that is
// older.
func (s store) since(ctx context.Context, db *sqldb.DB, account, service string, after time.Time) (n int, last time.Time, err error) {
	const page = 50
	for before := endOfIDs; ; {
		rows, err := sqldb.All(ctx, db, scanSent, sentBefore, account, before, page)
		if err != nil {
			return 0, last, err
		}
		for _, r := range rows {
			if !r.at.After(after) {
				return n, last, nil
			}
			if r.service != service {
				continue
			}
			n++
			if r.status != Withdrawn && last.IsZero() {
				last = r.at.Time
			}
		}
		if len(rows) < page {
			return n, last, nil
		}
		before = rows[page-1].id
	}
}

// sent is what limits need to know of an application.
type sent struct {
	id, service string
	status      Status
	at          sqldb.Time
}

func scanSent(r sqldb.Row) (v sent, err error) {
	err = r.Scan(&v.id, &v.service, &v.status, &v.at)
	return v, err
}

// endOfIDs is greater than any ID.
const endOfIDs = "~"

const sentBefore = `SELECT id, service, status, sent_at FROM application WHERE account = $1 AND id < $2 ORDER BY id DESC LIMIT $3`

func (s store) sealAnswers(account string, answers eform.Answers) ([]byte, error) {
	return s.keys.SealJSON("application", "answers", account, answers)
}

// insert stores a new application with its sealed answers. It reports false
// when its form was sent already.
func (s store) insert(ctx context.Context, tx *sqldb.DB, a Application, answers []byte) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO application (`+columns+`, answers, outcome)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) ON CONFLICT DO NOTHING`,
		a.Account, a.ID, a.Number, a.FormKey, a.Service, a.Version, a.Agency, string(a.Status), a.Seq, sqldb.At(a.SentAt), sqldb.At(a.ChangeAt),
		dateText(a.Due), a.Calendar, a.Assignee, a.Desk, []byte{}, []byte{}, a.Result, answers, []byte{})
	return n == 1, err
}

// takeNumber makes the number the application's own; false when it is another's.
func takeNumber(ctx context.Context, tx *sqldb.DB, number, account, id string) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO application_number (number, account, application) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, number, account, id)
	return n == 1, err
}

// update stores what changed since the application was read; it reports false
// when somebody else changed it meanwhile.
func (s store) update(ctx context.Context, tx *sqldb.DB, a Application, was int) (bool, error) {
	ask := []byte{}
	if a.Ask != nil {
		var err error
		if ask, err = s.keys.SealJSON("application", "ask", a.Account, a.Ask); err != nil {
			return false, err
		}
	}
	n, err := tx.Exec(ctx, `UPDATE application SET status = $1, seq = $2, change_at = $3, due = $4, calendar = $5, assignee = $6, desk = $7, ask = $8, reason = $9
		WHERE account = $10 AND id = $11 AND seq = $12`,
		string(a.Status), a.Seq, sqldb.At(a.ChangeAt), dateText(a.Due), a.Calendar, a.Assignee, a.Desk, ask,
		s.keys.SealString("application", "reason", a.Account, a.Reason), a.Account, a.ID, was)
	return n == 1, err
}

func (s store) answers(ctx context.Context, db *sqldb.DB, account, id string) (eform.Answers, error) {
	sealed, err := sqldb.One(ctx, db, scanBytes, `SELECT answers FROM application WHERE account = $1 AND id = $2`, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	var a eform.Answers
	return a, s.keys.OpenJSON("application", "answers", account, sealed, &a)
}

// setOutcome stores what the deciding side said, for the result document.
func (s store) setOutcome(ctx context.Context, tx *sqldb.DB, account, id string, o Outcome) error {
	sealed, err := s.keys.SealJSON("application", "outcome", account, o)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE application SET outcome = $1 WHERE account = $2 AND id = $3`, sealed, account, id)
	return err
}

func (s store) outcome(ctx context.Context, db *sqldb.DB, account, id string) (o Outcome, err error) {
	sealed, err := sqldb.One(ctx, db, scanBytes, `SELECT outcome FROM application WHERE account = $1 AND id = $2`, account, id)
	if err != nil || len(sealed) == 0 {
		return o, err
	}
	return o, s.keys.OpenJSON("application", "outcome", account, sealed, &o)
}

func (s store) addEvent(ctx context.Context, tx *sqldb.DB, account, application string, e Event) error {
	_, err := tx.Exec(ctx, `INSERT INTO application_event (account, application, seq, at, status, by_kind, actor, who, what, comment)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, account, application, e.Seq, sqldb.At(e.At), string(e.Status), string(e.By), e.Actor,
		s.keys.SealString("application_event", "who", account, e.Who), e.What, s.keys.SealString("application_event", "comment", account, e.Comment))
	return err
}

// events returns the journal of an application, oldest first.
func (s store) events(ctx context.Context, db *sqldb.DB, account, application string) ([]Event, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (e Event, err error) {
		var at sqldb.Time
		var who, comment []byte
		if err := r.Scan(&e.Seq, &at, &e.Status, &e.By, &e.Actor, &who, &e.What, &comment); err != nil {
			return e, err
		}
		e.At = at.Time
		if e.Who, err = s.keys.OpenString("application_event", "who", account, who); err != nil {
			return e, err
		}
		e.Comment, err = s.keys.OpenString("application_event", "comment", account, comment)
		return e, err
	}, `SELECT seq, at, status, by_kind, actor, who, what, comment FROM application_event WHERE account = $1 AND application = $2 ORDER BY seq`, account, application)
}

// attached is a file of an application.
type attached struct {
	file  string // ID in package document
	field string // path in the form; "" for what was added later
}

func addFile(ctx context.Context, tx *sqldb.DB, account, application string, f attached, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO application_file (account, application, file, field, added_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		account, application, f.file, f.field, sqldb.At(at))
	return err
}

// filesOf returns the files of an application, oldest first.
func filesOf(ctx context.Context, db *sqldb.DB, account, application string) ([]attached, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (f attached, err error) { err = r.Scan(&f.file, &f.field); return f, err },
		`SELECT file, field FROM application_file WHERE account = $1 AND application = $2 ORDER BY added_at, file`, account, application)
}

func scanBytes(r sqldb.Row) (b []byte, err error) {
	err = r.Scan(&b)
	return b, err
}

func dateText(d workcal.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// setResult notes the document that the application gave.
func setResult(ctx context.Context, tx *sqldb.DB, account, id, file string) error {
	_, err := tx.Exec(ctx, `UPDATE application SET result = $1 WHERE account = $2 AND id = $3`, file, account, id)
	return err
}
