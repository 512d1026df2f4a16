package application

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/workcal"
)

// Case is an application as an agency's queue shows it.
type Case struct {
	Agency    string
	ID        string // of the application
	Account   string // whose application it is
	Number    string
	Service   string
	Status    Status
	Seq       int
	SentAt    time.Time
	ChangeAt  time.Time
	Due       workcal.Date // zero: the service has no term
	Assignee  string       // account of the clerk, "" for nobody
	Applicant string       // full name
}

// Cursor is what Filter.After takes to go on after this case.
func (c Case) Cursor() string { return dueKey(c.Due) + "/" + c.ID }

const caseColumns = `agency, id, account, number, service, status, seq, sent_at, change_at, due, assignee, applicant`

func (s store) scanCase(r sqldb.Row) (c Case, err error) {
	var sent, change sqldb.Time
	var due string
	var applicant []byte
	err = r.Scan(&c.Agency, &c.ID, &c.Account, &c.Number, &c.Service, &c.Status, &c.Seq, &sent, &change, &due, &c.Assignee, &applicant)
	if err != nil {
		return c, err
	}
	c.SentAt, c.ChangeAt = sent.Time, change.Time
	if due != farAway {
		if c.Due, err = workcal.ParseDate(due); err != nil {
			return c, err
		}
	}
	c.Applicant, err = s.keys.OpenString("desk_case", "applicant", c.Agency, applicant)
	return c, err
}

// farAway stands for "no day" in the queue, so that cases without a term come
// last in the order by term.
const farAway = "9999-12-31"

func dueKey(d workcal.Date) string {
	if d.IsZero() {
		return farAway
	}
	return d.String()
}

// putCase brings the agency's copy up to the application's state. An older
// state than the one that is there changes nothing.
func (s store) putCase(ctx context.Context, tx *sqldb.DB, c Case) error {
	surname, _, _ := strings.Cut(c.Applicant, " ")
	_, err := tx.Exec(ctx, `INSERT INTO desk_case (`+caseColumns+`, surname_hash, open)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (agency, id) DO UPDATE SET status = excluded.status, seq = excluded.seq, change_at = excluded.change_at, due = excluded.due,
			assignee = excluded.assignee, open = excluded.open
		WHERE desk_case.seq < excluded.seq`,
		c.Agency, c.ID, c.Account, c.Number, c.Service, string(c.Status), c.Seq, sqldb.At(c.SentAt), sqldb.At(c.ChangeAt), dueKey(c.Due), c.Assignee,
		s.keys.SealString("desk_case", "applicant", c.Agency, c.Applicant), s.surname(surname), c.Status.Undecided())
	return err
}

// surname is what cases are found by: surnames are compared without regard to
// case and to ё. No surname is found by nothing.
func (s store) surname(name string) []byte {
	if strings.TrimSpace(name) == "" {
		return []byte{}
	}
	return s.keys.Index("surname", strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "ё", "е"))
}

func (s store) caseByID(ctx context.Context, db *sqldb.DB, agency, id string) (Case, error) {
	c, err := sqldb.One(ctx, db, s.scanCase, `SELECT `+caseColumns+` FROM desk_case WHERE agency = $1 AND id = $2`, agency, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return c, ErrNone
	}
	return c, err
}

// View is a saved choice of cases.
type View string

// The views of a queue.
const (
	ViewMine    View = "mine"    // the clerk's own, open
	ViewCommon  View = "common"  // nobody's, open
	ViewWaiting View = "waiting" // wait for the citizen
	ViewLate    View = "late"    // open and past the term
	ViewClosed  View = "closed"  // decided or withdrawn
)

// Filter chooses cases of a queue. Number and Surname, when given, look through
// all of the agency's cases, whatever the view.
type Filter struct {
	View    View
	Clerk   string // account of the clerk who looks
	Number  string
	Surname string
	Service string
	Today   workcal.Date
	After   string // Cursor of the last case of the page before
	Limit   int
}

// queueQuery returns the statement for a page of the queue, the most pressing
// first. Each view has an index that begins with its columns, so page 5 000
// costs what page 1 does. What an index is limited to stands in the text and not
// among the arguments, so that the planner sees it.
func (s store) queueQuery(agency string, f Filter) (query string, args []any) {
	query, args = `SELECT `+caseColumns+` FROM desk_case WHERE agency = $1`, []any{agency}
	and := func(column, op string, v any) {
		args = append(args, v)
		query += " AND " + column + " " + op + " $" + strconv.Itoa(len(args))
	}
	switch {
	case f.Number != "":
		args = append(args, f.Number)
		query += " AND id = (SELECT application FROM application_number WHERE number = $2)"
	case f.Surname != "":
		query += " AND length(surname_hash) > 0"
		and("surname_hash", "=", s.surname(f.Surname))
	case f.View == ViewMine:
		query += " AND assignee <> ''"
		and("assignee", "=", f.Clerk)
		and("open", "=", true)
	case f.View == ViewWaiting:
		query += " AND status = 'clarify'"
	case f.View == ViewLate:
		and("open", "=", true)
		and("due", "<", f.Today.String())
	case f.View == ViewClosed:
		and("open", "=", false)
	default:
		query += " AND assignee = ''"
		and("open", "=", true)
	}
	if f.Service != "" {
		and("service", "=", f.Service)
	}
	if due, id, ok := strings.Cut(f.After, "/"); ok {
		args = append(args, due, id)
		query += " AND (due, id) > ($" + strconv.Itoa(len(args)-1) + ", $" + strconv.Itoa(len(args)) + ")"
	}
	args = append(args, f.Limit)
	return query + " ORDER BY due, id LIMIT $" + strconv.Itoa(len(args)), args
}

func (s store) cases(ctx context.Context, db *sqldb.DB, agency string, f Filter) ([]Case, error) {
	query, args := s.queueQuery(agency, f)
	return sqldb.All(ctx, db, s.scanCase, query, args...)
}

// caseCounts returns how many cases each view holds, counted up to a limit so
// that a long queue costs no more than a short one.
func (s store) caseCounts(ctx context.Context, db *sqldb.DB, agency, clerk string, today workcal.Date, limit int) (map[View]int, error) {
	counts := map[View]int{}
	for _, q := range []struct {
		view  View
		query string
		args  []any
	}{
		{ViewMine, countMine, []any{agency, clerk, true, limit}},
		{ViewCommon, countCommon, []any{agency, true, limit}},
		{ViewWaiting, countWaiting, []any{agency, limit}},
		{ViewLate, countLate, []any{agency, true, today.String(), limit}},
	} {
		n, err := sqldb.One(ctx, db, sqldb.Int, q.query, q.args...)
		if err != nil {
			return nil, err
		}
		counts[q.view] = n
	}
	return counts, nil
}

const (
	countMine    = `SELECT count(*) FROM (SELECT 1 FROM desk_case WHERE agency = $1 AND assignee = $2 AND assignee <> '' AND open = $3 LIMIT $4) AS c`
	countCommon  = `SELECT count(*) FROM (SELECT 1 FROM desk_case WHERE agency = $1 AND assignee = '' AND open = $2 LIMIT $3) AS c`
	countWaiting = `SELECT count(*) FROM (SELECT 1 FROM desk_case WHERE agency = $1 AND status = 'clarify' LIMIT $2) AS c`
	countLate    = `SELECT count(*) FROM (SELECT 1 FROM desk_case WHERE agency = $1 AND open = $2 AND due < $3 LIMIT $4) AS c`
	pickNext     = `SELECT ` + caseColumns + ` FROM desk_case WHERE agency = $1 AND assignee = '' AND open = $2 ORDER BY due, id LIMIT $3`
)

// openCases returns the most pressing cases that nobody has, at most limit.
func (s store) openCases(ctx context.Context, db *sqldb.DB, agency string, limit int) ([]Case, error) {
	return sqldb.All(ctx, db, s.scanCase, pickNext, agency, true, limit)
}
