package recovery

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"kabinet/internal/account"
	"kabinet/internal/document"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/staff"
)

// Options is what a Service needs.
type Options struct {
	DB        *sqldb.DB
	Keys      *secret.Keyring
	Now       func() time.Time
	Limits    *limit.Limiter
	Blobs     *blob.Store // of its own: pictures of cases
	Catalogue *i18n.Catalogue
	Location  *time.Location
	PublicURL string
	Wait      time.Duration // for objections; 0 is WaitDefault

	Accounts  *account.Service
	People    *person.Service
	Staff     *staff.Service
	Documents *document.Service
	Notices   *notify.Service

	Mail func(ctx context.Context, m notify.Message) error // nil: no letters
	SMS  func(ctx context.Context, id, to, text string) error
}

// Service is the cases of those who lost everything.
type Service struct {
	opt Options
	db  *sqldb.DB
	now func() time.Time
}

// undoKind is the kind of the warnings to old contacts.
const undoKind = "lost"

// New returns a Service. It stops what is warned of when a holder objects.
func New(opt Options) *Service {
	if opt.Wait == 0 {
		opt.Wait = WaitDefault
	}
	if opt.Location == nil {
		opt.Location = time.UTC
	}
	s := &Service{opt: opt, db: opt.DB, now: opt.Now}
	opt.Accounts.OnUndo(undoKind, s.cancel)
	return s
}

// The limits of this feature.
var (
	limitStarts  = limit.Rule{Name: "recovery.starts_per_source", Burst: 10, Per: time.Hour}
	limitContact = limit.Rule{Name: "recovery.codes_per_contact", Burst: 5, Per: time.Hour}
	limitPapers  = limit.Rule{Name: "recovery.cases_per_number", Burst: 3, Per: 24 * time.Hour}
	limitUploads = limit.Rule{Name: "recovery.uploads_per_source", Burst: 20, Per: time.Hour}
	limitCase    = limit.Rule{Name: "recovery.uploads_per_case", Burst: 10, Per: 24 * time.Hour}
	limitStatus  = limit.Rule{Name: "recovery.status_per_source", Burst: 20, Per: time.Hour}
	limitNumber  = limit.Rule{Name: "recovery.status_per_case", Burst: 10, Per: 24 * time.Hour}
)

// Limits lists them.
func Limits() []limit.Rule {
	return []limit.Rule{limitStarts, limitContact, limitPapers, limitUploads, limitCase, limitStatus, limitNumber}
}

func digest(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

func fold(s string) string {
	return strings.ReplaceAll(strings.ToLower(norm.NFC.String(strings.TrimSpace(s))), "ё", "е")
}

func randomDigits(n int) string {
	v, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
	if err != nil {
		panic(err) // no randomness
	}
	return fmt.Sprintf("%0*d", n, v)
}

func (s *Service) say(ctx context.Context, lang, key string, args ...any) string {
	return i18n.T(s.opt.Catalogue.With(ctx, i18n.Lang(lang), s.opt.Location, s.now()), key, args...)
}

// Start begins a case with the new contact, to which a code goes, and returns
// its ID. A contact that has an account gets a message saying so instead. It
// returns ErrFull and limit.ErrTooMany.
func (s *Service) Start(ctx context.Context, c account.Client, to account.Login, lang i18n.Lang) (string, error) {
	if err := s.opt.Limits.Take(ctx, limitStarts, account.Source(c.IP)); err != nil {
		return "", err
	}
	if err := s.opt.Limits.Take(ctx, limitContact, to.Value); err != nil {
		return "", err
	}
	n, err := countOpen(ctx, s.db)
	if err != nil {
		return "", fmt.Errorf("beginning a recovery: %w", err)
	}
	if n >= openMax {
		return "", ErrFull
	}
	k := Case{ID: id.New(), Number: "1" + randomDigits(9), State: Draft, browser: digest(c.Browser), created: s.now(), Claim: Claim{Contact: to, Lang: string(lang)}}
	taken, err := s.taken(ctx, to)
	if err != nil {
		return "", fmt.Errorf("beginning a recovery: %w", err)
	}
	s.newCode(&k, taken)
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := insertCase(ctx, tx, s.opt.Keys, k); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, sendCode{k.ID, k.sends})
	})
	if err != nil {
		return "", fmt.Errorf("beginning a recovery: %w", err)
	}
	return k.ID, nil
}

// newCode replaces the code of k. A contact that is taken by an account gets
// none that fits.
func (s *Service) newCode(k *Case, taken bool) {
	digits := randomDigits(codeDigits)
	k.sends, k.tries, k.codeSent = k.sends+1, 0, s.now()
	k.codeHash = s.codeHash(k.ID, digits)
	k.code = s.opt.Keys.SealString("recovery_case", "code", k.ID, digits)
	if taken {
		k.codeHash = digest(id.Secret())
	}
}

func (s *Service) codeHash(place, digits string) []byte {
	return s.opt.Keys.MAC("recovery code:"+place, []byte(digits))
}

// taken reports whether a contact belongs to an account.
func (s *Service) taken(ctx context.Context, l account.Login) (bool, error) {
	_, err := s.opt.Accounts.Find(ctx, l)
	if errors.Is(err, account.ErrNone) {
		return false, nil
	}
	return err == nil, err
}

// Draft returns a case that is being filled in, in the browser that began it,
// or ErrNone.
func (s *Service) Draft(ctx context.Context, c account.Client, caseID string) (Case, error) {
	return s.draft(ctx, s.db, c, caseID, "")
}

func (s *Service) draft(ctx context.Context, db *sqldb.DB, c account.Client, caseID, lock string) (Case, error) {
	if !id.Valid(caseID) {
		return Case{}, ErrNone
	}
	k, err := caseByID(ctx, db, s.opt.Keys, caseID, lock)
	if err != nil {
		return k, err
	}
	if k.State != Draft || !hmac.Equal(k.browser, digest(c.Browser)) || !s.now().Before(k.created.Add(draftLife)) {
		return k, ErrNone
	}
	return k, nil
}

// Proved reports whether the new contact was confirmed.
func (c *Case) Proved() bool { return !c.proved.IsZero() }

// ResendAt is when another code may be asked for.
func (c *Case) ResendAt() time.Time { return c.codeSent.Add(codeResend) }

// Resend sends another code to the new contact. It returns ErrNone, ErrTooSoon
// and limit.ErrTooMany.
func (s *Service) Resend(ctx context.Context, c account.Client, caseID string) error {
	k, err := s.Draft(ctx, c, caseID)
	if err != nil {
		return err
	}
	if s.now().Before(k.ResendAt()) {
		return ErrTooSoon
	}
	if err := s.opt.Limits.Take(ctx, limitContact, k.Claim.Contact.Value); err != nil {
		return err
	}
	taken, err := s.taken(ctx, k.Claim.Contact)
	if err != nil {
		return fmt.Errorf("sending a code: %w", err)
	}
	return s.change(ctx, c, caseID, func(tx *sqldb.DB, k *Case) error {
		if s.now().Before(k.ResendAt()) {
			return ErrTooSoon
		}
		s.newCode(k, taken)
		return jobs.Add(ctx, tx, sendCode{k.ID, k.sends})
	})
}

// change runs f on a draft and stores it.
func (s *Service) change(ctx context.Context, c account.Client, caseID string, f func(tx *sqldb.DB, k *Case) error) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		k, err := s.draft(ctx, tx, c, caseID, tx.ForUpdate())
		if err != nil {
			return err
		}
		if err := f(tx, &k); err != nil {
			return err
		}
		return updateCase(ctx, tx, s.opt.Keys, k)
	})
	if err != nil {
		return fmt.Errorf("changing case %s: %w", caseID, err)
	}
	return nil
}

// Prove takes the code that came to the new contact. It returns ErrNone, ErrCode
// and ErrCodeOver.
func (s *Service) Prove(ctx context.Context, c account.Client, caseID, typed string) error {
	var verdict error
	err := s.change(ctx, c, caseID, func(_ *sqldb.DB, k *Case) error {
		verdict = nil
		switch typed = strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(typed); {
		case k.Proved():
		case k.tries >= codeTries || !s.now().Before(k.codeSent.Add(codeLife)):
			verdict = ErrCodeOver
		case !hmac.Equal(k.codeHash, s.codeHash(k.ID, typed)):
			k.tries++
			verdict = ErrCode
		default:
			k.proved, k.codeHash, k.code = s.now(), nil, nil
		}
		return nil
	})
	if err != nil {
		return err
	}
	return verdict
}

// Fill keeps what the applicant says in a proved draft and looks for the
// account. It returns ErrNone and limit.ErrTooMany.
func (s *Service) Fill(ctx context.Context, c account.Client, caseID string, said Claim) error {
	k, err := s.Draft(ctx, c, caseID)
	if err != nil {
		return err
	}
	if !k.Proved() {
		return ErrNone
	}
	if k.Claim.Papers != said.Papers {
		if err := s.opt.Limits.Take(ctx, limitPapers, said.Papers.Value); err != nil {
			return err
		}
	}
	owner, err := s.find(ctx, said)
	if err != nil {
		return fmt.Errorf("filling in a recovery: %w", err)
	}
	return s.change(ctx, c, caseID, func(_ *sqldb.DB, k *Case) error {
		said.Contact, said.Lang = k.Claim.Contact, k.Claim.Lang
		k.Claim, k.Account = said, owner
		return nil
	})
}

// find returns the account that the claim is about, "" when there is none: by
// the number of a paper, which was verified, else by the old contact.
func (s *Service) find(ctx context.Context, said Claim) (string, error) {
	for _, l := range []account.Login{said.Papers, said.OldLogin} {
		if l.Value == "" {
			continue
		}
		owner, err := s.opt.Accounts.Find(ctx, l)
		if err == nil {
			return owner, nil
		}
		if !errors.Is(err, account.ErrNone) {
			return "", err
		}
	}
	return "", nil
}

// Attach stores a picture in a proved draft, in place of the one before. It
// returns ErrNone, limit.ErrTooMany and what document.Service.Screen returns.
func (s *Service) Attach(ctx context.Context, c account.Client, caseID, kind, name string, r io.Reader) error {
	k, err := s.Draft(ctx, c, caseID)
	if err != nil {
		return err
	}
	if !k.Proved() || kind != "passport" && kind != "selfie" {
		return ErrNone
	}
	if err := s.opt.Limits.TakeFast(limitUploads, account.Source(c.IP)); err != nil {
		return err
	}
	if err := s.opt.Limits.Take(ctx, limitCase, caseID); err != nil {
		return err
	}
	screened, err := s.opt.Documents.Screen(ctx, s.opt.Blobs, caseID, name, r)
	if err != nil {
		return err
	}
	f := File{ID: id.New(), Kind: kind, Screened: screened}
	err = s.change(ctx, c, caseID, func(tx *sqldb.DB, k *Case) error {
		if old, there := k.file(kind); there {
			if err := s.drop(ctx, tx, k.ID, old); err != nil {
				return err
			}
		}
		return insertFile(ctx, tx, s.opt.Keys, k.ID, f)
	})
	if err != nil {
		return errors.Join(err, s.opt.Blobs.Delete(screened.Ref.ID))
	}
	return nil
}

// drop forgets a file; its content goes once the transaction is durable.
func (s *Service) drop(ctx context.Context, tx *sqldb.DB, caseID string, f File) error {
	if err := deleteFile(ctx, tx, caseID, f.ID); err != nil {
		return err
	}
	return jobs.Add(ctx, tx, erase{f.Ref.ID})
}

// Receipt is what the applicant keeps.
type Receipt struct {
	Number string
	Code   string // tells the status, together with the number
}

// Send gives the case to the operators. It returns ErrNone, ErrNoPassport and
// ErrFull.
func (s *Service) Send(ctx context.Context, c account.Client, caseID string) (Receipt, error) {
	n, err := countOpen(ctx, s.db)
	if err != nil {
		return Receipt{}, fmt.Errorf("sending a recovery: %w", err)
	}
	if n >= openMax {
		return Receipt{}, ErrFull
	}
	out := Receipt{Code: randomDigits(secretDigits)}
	err = s.change(ctx, c, caseID, func(tx *sqldb.DB, k *Case) error {
		if !k.Proved() || k.Claim.Papers.Value == "" {
			return ErrNone
		}
		if _, there := k.file("passport"); !there {
			return ErrNoPassport
		}
		k.State, k.Sent, k.secret = First, s.now(), s.codeHash("status "+k.ID, out.Code)
		k.code = s.opt.Keys.SealString("recovery_case", "code", k.ID, out.Code)
		out.Number = k.Number
		return jobs.Add(ctx, tx, sendReceipt{k.ID})
	})
	return out, err
}

// Status is what the applicant learns of a case.
type Status struct {
	Number string
	State  State
	Ready  time.Time // zero before the wait began
	Reason Why
	Over   bool // the wait is over: the link can be asked for
}

// StatusOf returns the status of the case with that number to whoever knows its
// code. It returns ErrStatus, whether there is such a number or not, and
// limit.ErrTooMany.
func (s *Service) StatusOf(ctx context.Context, c account.Client, number, code string) (Status, error) {
	k, err := s.byReceipt(ctx, c, number, code)
	if err != nil {
		return Status{}, err
	}
	return s.status(ctx, k)
}

func (s *Service) status(ctx context.Context, k Case) (Status, error) {
	st := Status{Number: k.Number, State: k.State, Reason: k.Reason}
	if st.State == Second {
		st.State = First // how many have looked is nobody's matter
	}
	if k.State != Approved {
		return st, nil
	}
	h, err := holdOf(ctx, s.db, k.Account, k.ID, "")
	if errors.Is(err, ErrLink) {
		return st, nil // the account does not know of it yet
	}
	if err != nil {
		return st, fmt.Errorf("reading a status: %w", err)
	}
	st.Ready, st.Over = h.ready, !s.now().Before(h.ready) && s.now().Before(h.until)
	if !h.cancelled.IsZero() {
		st.State, st.Over = Cancelled, false
	}
	return st, nil
}

func (s *Service) byReceipt(ctx context.Context, c account.Client, number, code string) (Case, error) {
	if err := s.opt.Limits.TakeFast(limitStatus, account.Source(c.IP)); err != nil {
		return Case{}, err
	}
	number = strings.NewReplacer(" ", "", "-", "", "\u00a0", "", "№", "").Replace(number)
	if err := s.opt.Limits.Take(ctx, limitNumber, number); err != nil {
		return Case{}, err
	}
	list, err := casesByNumber(ctx, s.db, s.opt.Keys, number)
	if err != nil {
		return Case{}, fmt.Errorf("reading a status: %w", err)
	}
	for _, k := range list {
		if len(k.secret) > 0 && hmac.Equal(k.secret, s.codeHash("status "+k.ID, strings.ReplaceAll(strings.TrimSpace(code), " ", ""))) {
			return k, nil
		}
	}
	return Case{}, ErrStatus
}

// AskLink sends the link to the new contact again. It returns ErrStatus,
// ErrLink and limit.ErrTooMany.
func (s *Service) AskLink(ctx context.Context, c account.Client, number, code string) error {
	k, err := s.byReceipt(ctx, c, number, code)
	if err != nil {
		return err
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error { return s.newLink(ctx, tx, k.Account, k.ID) })
	if err != nil {
		return fmt.Errorf("sending a link: %w", err)
	}
	return nil
}

// newLink makes the link anew and plans its sending; the one before stops
// working. It returns ErrLink when it is too early, too late, cancelled, or was
// sent too often.
func (s *Service) newLink(ctx context.Context, tx *sqldb.DB, acc, caseID string) error {
	h, err := holdOf(ctx, tx, acc, caseID, tx.ForUpdate())
	if err != nil {
		return err
	}
	if !h.cancelled.IsZero() || !h.done.IsZero() || s.now().Before(h.ready) || !s.now().Before(h.until) || h.links >= linksMax {
		return ErrLink
	}
	secret := id.Secret()
	h.secret, h.linkUntil, h.links = digest(secret), s.now().Add(linkLife), h.links+1
	h.sealed = s.opt.Keys.SealString("recovery_hold", "sealed", acc, secret)
	if err := updateHold(ctx, tx, h); err != nil {
		return err
	}
	return jobs.Add(ctx, tx, sendLink{acc, caseID, h.links})
}

// CheckLink returns nil when a password may be chosen by the link, else ErrLink.
func (s *Service) CheckLink(ctx context.Context, acc, caseID, secret string) error {
	_, err := s.holdByLink(ctx, s.db, acc, caseID, secret, "")
	return err
}

func (s *Service) holdByLink(ctx context.Context, db *sqldb.DB, acc, caseID, secret, lock string) (hold, error) {
	if !id.Valid(acc) || !id.Valid(caseID) || !id.Valid(secret) {
		return hold{}, ErrLink
	}
	h, err := holdOf(ctx, db, acc, caseID, lock)
	if err != nil {
		return h, err
	}
	if err := h.takes(s.now()); err != nil {
		return h, err
	}
	if !hmac.Equal(h.secret, digest(secret)) {
		return h, ErrLink
	}
	return h, nil
}

// Finish gives the account back: with the new password, the new contact in place
// of the old ones and no second factor but a code to it. It signs nobody in. It
// returns ErrLink, account.ErrPassword, account.ErrTaken and account.ErrBusy.
func (s *Service) Finish(ctx context.Context, acc, caseID, secret, password string) error {
	if err := s.CheckLink(ctx, acc, caseID, secret); err != nil {
		return err
	}
	k, err := caseByID(ctx, s.db, s.opt.Keys, caseID, "")
	if err != nil {
		return fmt.Errorf("giving an account back: %w", err)
	}
	words := []string{k.Claim.Name.Surname, k.Claim.Name.Name, k.Claim.Name.Patronymic, k.Claim.Contact.Value}
	if len(s.opt.Accounts.Rules().Broken(password, words...)) > 0 {
		return account.ErrPassword
	}
	hash, err := s.opt.Accounts.Hash(ctx, password)
	if err != nil {
		return fmt.Errorf("giving an account back: %w", err)
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		h, err := s.holdByLink(ctx, tx, acc, caseID, secret, tx.ForUpdate())
		if err != nil {
			return err
		}
		h.done, h.secret = s.now(), []byte{}
		if err := updateHold(ctx, tx, h); err != nil {
			return err
		}
		if err := s.opt.Accounts.Rescue(ctx, tx, acc, k.Claim.Contact, hash, actorOf(acc)); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, acc, caseID, "done", notify.Success); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, closeCase{caseID, Done})
	})
	if err != nil {
		return fmt.Errorf("giving an account back: %w", err)
	}
	return nil
}
