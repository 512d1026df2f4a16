package application

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/catalogue"
	"kabinet/internal/consent"
	"kabinet/internal/document"
	"kabinet/internal/eform"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/workcal"
)

// Options is what a Service works with.
type Options struct {
	DB        *sqldb.DB
	Keys      *secret.Keyring
	Now       func() time.Time
	Location  *time.Location // of the region: days begin by its clock
	Calendar  *workcal.Calendar
	Texts     *i18n.Catalogue
	Catalogue *catalogue.Service
	Forms     *eform.Service
	Documents *document.Service
	Notices   *notify.Service
	Accounts  *account.Service
	Consents  *consent.Service
	// Facts tells what the portal knows of a person, as forms take it.
	Facts func(ctx context.Context, account string) (eform.Facts, error)
	// Connectors ask the registers that decide, by the name that definitions use.
	Connectors map[string]Connector
}

// Connector asks a register to decide an application and returns what it
// answered. It may be called again for the same application, and then answers
// the same. An error that is fault.Unavailable is tried again for hours,
// another one only a few times.
type Connector func(ctx context.Context, r Request) (Outcome, error)

// Request is an application as a connector needs it.
type Request struct {
	ID      string // of the application: the register knows a repeated request by it
	Service string
	Answers eform.Answers
}

// Outcome is the answer of whoever decides.
type Outcome struct {
	Approved bool     `json:"approved"`
	Reason   string   `json:"reason,omitempty"` // message key of why it was refused; knows {fields}
	Fields   []string `json:"fields,omitempty"` // message keys of the data that differ
	// Data and Rows are what the result document is made of: single values by
	// name, and its table. Sums are kopecks in decimal.
	Data    map[string]string   `json:"data,omitempty"`
	Rows    []map[string]string `json:"rows,omitempty"`
	Comment string              `json:"comment,omitempty"` // words of the clerk
}

// Service keeps applications.
type Service struct {
	Options
	store store
}

// New returns a Service.
func New(o Options) *Service { return &Service{Options: o, store: store{keys: o.Keys}} }

func (s *Service) today() workcal.Date { return workcal.DateOf(s.Now().In(s.Location)) }

// env is what answers given at a moment are judged by.
func (s *Service) env(at time.Time, facts eform.Facts) eform.Env {
	return eform.Env{Today: at.In(s.Location), Facts: facts}
}

// Submission is the sending of a form that was filled in.
type Submission struct {
	Account string
	Session string // for the audit
	Key     string // of the form: the same key is the same application
	Service *catalogue.Definition
	Answers eform.Answers // as typed
	Facts   eform.Facts   // what is known of the person; nil: they are read
	Consent bool          // to what Service.Consent says
	Draft   bool          // there is a draft whose ID is Key; it ends with the sending
	Rev     int64         // of the draft as it was looked over
	CodeID  string        // of the confirmation, when the service is signed by code
	Code    string        // as typed
}

// codePurpose is what a confirmation by code is good for.
const codePurpose = "application.submit"

// object is what a code confirms: the form as it was looked over.
func (sub Submission) object() string {
	return "form/" + sub.Key + "/" + strconv.FormatInt(sub.Rev, 10)
}

// Incomplete is ErrIncomplete with what has to be mended.
type Incomplete struct{ Problems []eform.Problem }

func (e *Incomplete) Error() string {
	return fmt.Sprintf("%d problems in the answers", len(e.Problems))
}

// Unwrap makes it an ErrIncomplete.
func (e *Incomplete) Unwrap() error { return ErrIncomplete }

// Submit makes an application of a form, once: sent again, a form returns the
// application that it became. It returns *Incomplete, ErrConsent, ErrLevel, a
// *TooOften, the errors of account.Service.CheckCode, and eform.ErrChanged for
// a draft that is not as it was looked over, and ErrFileGone.
func (s *Service) Submit(ctx context.Context, sub Submission) (Application, error) {
	a, err := s.submit(ctx, sub)
	if err == nil {
		return a, nil
	}
	// Sent before, or at the same moment from another place, this form is an
	// application already, and whatever stopped this sending does not matter.
	// Nearly every form is new, so this is looked up only now.
	old, e := s.store.byForm(ctx, s.DB, sub.Account, sub.Key)
	if e == nil {
		return old, nil
	}
	if !errors.Is(e, ErrNone) {
		return Application{}, fmt.Errorf("looking for the application of form %s: %w", sub.Key, errors.Join(e, err))
	}
	return Application{}, s.Accounts.MissCode(ctx, sub.Account, sub.CodeID, err)
}

// submit stores an application of a form that was not sent yet. It returns
// errSent for one that was.
func (s *Service) submit(ctx context.Context, sub Submission) (Application, error) {
	level, err := s.mayApply(ctx, sub.Account, sub.Service)
	if err != nil {
		return Application{}, err
	}
	if err := s.maySign(ctx, sub.Account, sub.Service); err != nil {
		return Application{}, err
	}
	answers, err := s.final(ctx, sub)
	if err != nil {
		return Application{}, err
	}
	a, err := s.newApplication(sub, s.Now())
	if err != nil {
		return Application{}, err
	}
	// Sealed here and not in the transaction, while which everybody waits.
	sealed, err := s.store.sealAnswers(a.Account, answers)
	if err != nil {
		return Application{}, fmt.Errorf("storing application %s: %w", a.ID, err)
	}
	agreed, err := s.agreedTo(ctx, a, sub, string(level))
	if err != nil {
		return Application{}, err
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		if sub.Service.Signing == catalogue.SignCode {
			if err := s.Accounts.CheckCode(ctx, tx, sub.Account, sub.CodeID, codePurpose, sub.object(), sub.Code); err != nil {
				return err
			}
		}
		if err := s.insert(ctx, tx, &a, sub, sealed, filesIn(answers)); err != nil || agreed == nil {
			return err
		}
		return s.Consents.Keep(ctx, tx, agreed)
	})
	return a, err
}

// final returns the answers as they are sent.
func (s *Service) final(ctx context.Context, sub Submission) (eform.Answers, error) {
	facts, err := sub.Facts, error(nil)
	if facts == nil && sub.Service.Compiled.UsesFacts() {
		facts, err = s.Facts(ctx, sub.Account)
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is known of %s: %w", sub.Account, err)
	}
	state := sub.Service.Compiled.State(sub.Answers, s.env(s.Now(), facts))
	answers, problems := state.Final()
	if err := state.Err(); err != nil {
		return nil, fmt.Errorf("checking the answers for %s: %w", sub.Service.Code, err)
	}
	if len(problems) > 0 {
		return nil, &Incomplete{problems}
	}
	if !sub.Consent && asksConsent(sub.Service) {
		return nil, ErrConsent
	}
	return answers, nil
}

// asksConsent reports whether a service passes data on, so that the person has
// to agree.
func asksConsent(def *catalogue.Definition) bool { return def.Consent != i18n.Words{} }

func (s *Service) newApplication(sub Submission, now time.Time) (Application, error) {
	def := sub.Service
	due, err := s.dueOf(def, now, nil)
	if err != nil {
		return Application{}, err
	}
	return Application{
		ID: id.New(), Account: sub.Account, FormKey: sub.Key, Service: def.Code, Version: def.Version, Agency: decider(def),
		Status: Accepted, Seq: 1, SentAt: now, ChangeAt: now, Due: due.Day, Calendar: due.Version, Desk: def.Routing.Connector == "",
	}, nil
}

// decider is the code of the agency that decides on a service.
func decider(def *catalogue.Definition) string {
	if def.Routing.Queue != "" {
		return def.Routing.Queue
	}
	return def.Agency
}

// dueOf counts the term of an application sent at a moment.
func (s *Service) dueOf(def *catalogue.Definition, sent time.Time, stops []workcal.Pause) (workcal.Due, error) {
	local := make([]workcal.Pause, len(stops))
	for i, p := range stops {
		local[i].From = p.From.In(s.Location)
		if !p.To.IsZero() {
			local[i].To = p.To.In(s.Location)
		}
	}
	due, err := def.Term.Due(s.Calendar, sent.In(s.Location), local...)
	if err != nil {
		return due, fmt.Errorf("counting the term of %s: %w", def.Code, err)
	}
	return due, nil
}

var errSent = errors.New("this form was sent already")

// insert stores a new application with everything that belongs to its sending.
func (s *Service) insert(ctx context.Context, tx *sqldb.DB, a *Application, sub Submission, answers []byte, files []attached) error {
	if err := s.checkLimits(ctx, tx, a.Account, sub.Service); err != nil {
		return err
	}
	if err := s.number(ctx, tx, a); err != nil {
		return err
	}
	fresh, err := s.store.insert(ctx, tx, *a, answers)
	if err != nil {
		return fmt.Errorf("storing application %s: %w", a.ID, err)
	}
	if !fresh {
		return errSent
	}
	if err := s.attach(ctx, tx, *a, files...); err != nil {
		return err
	}
	if sub.Draft {
		if err := s.Forms.Send(ctx, tx, a.Account, sub.Key, sub.Rev); err != nil {
			return fmt.Errorf("ending the draft of application %s: %w", a.ID, err)
		}
	}
	actor := audit.Actor{Kind: audit.Person, ID: a.Account, Session: sub.Session}
	ground := ""
	if asksConsent(sub.Service) {
		ground = "application.audit_consent"
	}
	if err := s.note(ctx, tx, *a, Event{Seq: 1, At: a.SentAt, Status: Accepted, By: ByCitizen, What: "application.event_sent"}, actor, ground); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, *a, sub.Service, sentNotice()); err != nil {
		return err
	}
	if a.Desk {
		return jobs.Add(ctx, tx, caseJob{a.Account, a.ID})
	}
	return jobs.Add(ctx, tx, decideJob{Account: a.Account, ID: a.ID})
}

func object(app string) string { return "application/" + app }

// filesIn lists the files among answers in the order of their paths.
func filesIn(answers eform.Answers) (files []attached) {
	for path := range answers {
		for _, f := range answers.Files(path) {
			if f.ID != "" {
				files = append(files, attached{f.ID, path})
			}
		}
	}
	slices.SortFunc(files, func(a, b attached) int { return strings.Compare(a.field+"/"+a.file, b.field+"/"+b.file) })
	return files
}

// attach makes files of the account belong to an application: they stay. It
// returns ErrFileGone when the person deleted one meanwhile.
func (s *Service) attach(ctx context.Context, tx *sqldb.DB, a Application, files ...attached) error {
	if len(files) == 0 {
		return nil
	}
	ids := make([]string, len(files))
	for i, f := range files {
		ids[i] = f.file
	}
	err := s.Documents.Attach(ctx, tx, a.Account, object(a.ID), ids...)
	if errors.Is(err, document.ErrNone) {
		return ErrFileGone
	}
	if err != nil {
		return fmt.Errorf("attaching files to %s: %w", a.ID, err)
	}
	for _, f := range files {
		if err := addFile(ctx, tx, a.Account, a.ID, f, a.ChangeAt); err != nil {
			return fmt.Errorf("attaching files to %s: %w", a.ID, err)
		}
	}
	return nil
}

// number gives the application one that nobody has. It is drawn, not counted: a
// counter would tell how many applications there are, and all would wait for it.
func (s *Service) number(ctx context.Context, tx *sqldb.DB, a *Application) error {
	for range 20 {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000_000))
		if err != nil {
			return fmt.Errorf("numbering: %w", err)
		}
		a.Number = formatNumber(a.SentAt.In(s.Location).Year(), int(n.Int64()))
		if ok, err := takeNumber(ctx, tx, a.Number, a.Account, a.ID); ok || err != nil {
			return err
		}
	}
	return fmt.Errorf("numbering application %s: twenty numbers were taken", a.ID)
}

// MayApply returns ErrLevel when the account's level is too low for a service,
// and account.ErrUnreached when it would do, were both contacts confirmed.
func (s *Service) MayApply(ctx context.Context, acc string, def *catalogue.Definition) error {
	_, err := s.mayApply(ctx, acc, def)
	return err
}

// mayApply is MayApply that tells the account's level.
func (s *Service) mayApply(ctx context.Context, acc string, def *catalogue.Definition) (account.Level, error) {
	a, err := s.Accounts.Account(ctx, acc)
	if err != nil {
		return "", fmt.Errorf("reading the level of %s: %w", acc, err)
	}
	if !a.Level.AtLeast(account.Level(def.Who.Level)) {
		return a.Level, ErrLevel
	}
	if !a.Opens().AtLeast(account.Level(def.Who.Level)) {
		return a.Level, account.ErrUnreached
	}
	return a.Level, nil
}

// TooOften is ErrTooOften with when the next try is possible.
type TooOften struct{ Wait time.Duration }

func (e *TooOften) Error() string { return fmt.Sprintf("sent too often, next try in %s", e.Wait) }

// Unwrap makes it an ErrTooOften.
func (e *TooOften) Unwrap() error { return ErrTooOften }

// RetryAfter is how long to wait, for the header of the same name.
func (e *TooOften) RetryAfter() time.Duration { return e.Wait }

// checkLimits returns a *TooOften when the same person sent the same service
// too often. The account itself is never locked for it.
func (s *Service) checkLimits(ctx context.Context, tx *sqldb.DB, acc string, def *catalogue.Definition) error {
	interval := time.Duration(def.Limits.IntervalMinutes) * time.Minute
	if def.Limits.PerDay == 0 && interval == 0 {
		return nil
	}
	if err := tx.Lock(ctx, "application/"+acc+"/"+def.Code); err != nil {
		return fmt.Errorf("counting applications: %w", err)
	}
	now := s.Now()
	n, last, err := s.store.since(ctx, tx, acc, def.Code, now.Add(-24*time.Hour))
	if err != nil {
		return fmt.Errorf("counting applications: %w", err)
	}
	if wait := last.Add(interval).Sub(now); !last.IsZero() && wait > 0 {
		return &TooOften{wait}
	}
	if def.Limits.PerDay > 0 && n >= def.Limits.PerDay {
		return &TooOften{24 * time.Hour}
	}
	return nil
}

// note writes a line of the journal and the audit's. ground is the message key
// of what the person agreed to with it, "" when nothing was asked.
func (s *Service) note(ctx context.Context, tx *sqldb.DB, a Application, e Event, actor audit.Actor, ground string) error {
	e.Actor = actor.ID
	if err := s.store.addEvent(ctx, tx, a.Account, a.ID, e); err != nil {
		return fmt.Errorf("writing the journal of %s: %w", a.ID, err)
	}
	err := audit.Record(ctx, tx, e.At, audit.Entry{Owner: a.Account, Actor: actor, Act: e.What, Object: object(a.ID), Agency: a.Agency, Reason: ground})
	if err != nil {
		return fmt.Errorf("auditing %s: %w", a.ID, err)
	}
	return nil
}
