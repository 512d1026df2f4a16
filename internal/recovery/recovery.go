package recovery

import (
	"slices"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/document"
	"kabinet/internal/person"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
)

// State is how far a case has got.
type State string

// The states.
const (
	Draft     State = "draft"     // not sent yet
	First     State = "new"       // waits for the first operator
	Second    State = "second"    // waits for another one
	Approved  State = "approved"  // waits until the holder had time to object, and then for the new password
	Refused   State = "refused"   // Reason says why
	Cancelled State = "cancelled" // by the holder of an old contact
	Expired   State = "expired"   // nobody chose a password in time
	Done      State = "done"
)

// Text returns the message key of the state's name.
func (s State) Text() string { return "recovery.state_" + string(s) }

// Open reports whether operators still have to decide.
func (s State) Open() bool { return s == First || s == Second }

// Why is why a case was refused: a message key is "recovery.why_" and it. None
// tells whether there is an account.
type Why string

// Reasons lists all of them in the order of the page.
func Reasons() []Why { return []Why{"unreadable", "mismatch", "expired", "selfie", "other"} }

// Text is the reason in words.
func (w Why) Text() i18n.Text { return i18n.K("recovery.why_" + string(w)) }

var (
	// ErrNone is returned for a case that does not exist, is over, or was begun
	// in another browser.
	ErrNone = fault.New(fault.NotFound, "recovery.none")
	// ErrStatus is returned for a number and code that do not belong together.
	ErrStatus = fault.New(fault.Invalid, "recovery.status_wrong")
	// ErrCode is returned for a code that does not fit.
	ErrCode = fault.New(fault.Invalid, "recovery.code_wrong")
	// ErrCodeOver is returned when a new code must be asked for.
	ErrCodeOver = fault.New(fault.Invalid, "recovery.code_over")
	// ErrTooSoon is returned when a code is asked for too soon after another.
	ErrTooSoon = fault.New(fault.TooMany, "recovery.code_too_soon")
	// ErrNoPassport is returned for sending a case without the passport.
	ErrNoPassport = fault.New(fault.Invalid, "recovery.no_passport")
	// ErrFull is returned while operators have too much to look at.
	ErrFull = fault.New(fault.Unavailable, "recovery.full")
	// ErrDecided is returned when somebody else decided meanwhile.
	ErrDecided = fault.New(fault.Conflict, "recovery.decided")
	// ErrSame is returned to the operator who looked first and wants to be the
	// second, too.
	ErrSame = fault.New(fault.Forbidden, "recovery.same_operator")
	// ErrOwn is returned to an operator whose own account it is.
	ErrOwn = fault.New(fault.Forbidden, "recovery.own")
	// ErrNobody is returned for agreeing to a case of which no account was found.
	ErrNobody = fault.New(fault.Conflict, "recovery.nobody")
	// ErrWhy is returned for a refusal without a reason.
	ErrWhy = fault.New(fault.Invalid, "recovery.why_missing")
	// ErrLink is returned for a link that is unknown, used, old or cancelled.
	ErrLink = fault.New(fault.NotFound, "recovery.link_over")
)

// Terms and numbers.
const (
	codeDigits = 6
	codeLife   = 10 * time.Minute
	codeTries  = 5
	codeResend = time.Minute

	draftLife = 24 * time.Hour      // to fill in a case
	linkLife  = time.Hour           // of the link that ends in a new password
	linksMax  = 5                   // how often it is sent
	takeUp    = 7 * 24 * time.Hour  // to choose the password, once the wait is over
	keepFiles = 72 * time.Hour      // after the decision
	keepCase  = 90 * 24 * time.Hour // after the decision: that it was, when, and by whom

	// openMax is how many cases wait for operators at most: beyond that nobody
	// could look at them in time, and strangers could fill the disk.
	openMax = 500
	// secretDigits is the length of the code by which the applicant learns the
	// status. It is tried a few times a day, so it cannot be found.
	secretDigits = 8
	pageSize     = 20
)

// WaitDefault is how long an approved case waits for objections. Source: A-83.
const WaitDefault = 24 * time.Hour

// Claim is what the applicant says.
type Claim struct {
	Contact  account.Login // the new one
	Name     account.Name
	Birth    string        // 1991-03-14
	Papers   account.Login // СНИЛС or ИНН
	OldLogin account.Login // a contact of the lost account; zero when it is forgotten
	Story    string        // what happened
	Lang     string
}

// Case is one application for an account.
type Case struct {
	ID      string
	Number  string // 10 digits, told to the applicant
	State   State
	Account string // whose it seems to be; "" when none was found
	Claim   Claim
	Files   []File
	Sent    time.Time // zero while it is a draft
	FirstBy string    // operator who agreed first, "" until then
	FirstAt time.Time
	Second  string // operator who decided
	Closed  time.Time
	Ready   time.Time // when the wait is over; zero before it began
	Reason  Why

	browser  []byte
	codeHash []byte
	code     []byte
	sends    int
	tries    int
	codeSent time.Time
	secret   []byte
	created  time.Time
	proved   time.Time
}

// File is a picture of a case.
type File struct {
	ID   string
	Kind string // passport or selfie
	document.Screened
}

func (c *Case) file(kind string) (File, bool) {
	i := slices.IndexFunc(c.Files, func(f File) bool { return f.Kind == kind })
	if i < 0 {
		return File{}, false
	}
	return c.Files[i], true
}

// hold is what an account waits for.
type hold struct {
	account, caseID string
	ready           time.Time
	until           time.Time // when the offer ends
	secret          []byte    // hash of what the link carries
	sealed          []byte    // what the letter carries, until it was sent
	linkUntil       time.Time
	links           int
	cancelled, done time.Time
}

// takes returns ErrLink unless a password may be chosen now by the link with
// that hash.
func (h hold) takes(now time.Time) error {
	if !h.cancelled.IsZero() || !h.done.IsZero() || now.Before(h.ready) || !now.Before(h.until) || !now.Before(h.linkUntil) || len(h.secret) == 0 {
		return ErrLink
	}
	return nil
}

// decide checks that an operator may agree to a case now.
func (c *Case) decide(operator string, agree bool) error {
	switch {
	case !c.State.Open():
		return ErrDecided
	case c.Account == operator:
		return ErrOwn
	case !agree:
		return nil
	case c.Account == "":
		return ErrNobody
	case c.State == Second && c.FirstBy == operator:
		return ErrSame
	}
	return nil
}

// Difference is a line of the page on which an operator compares what is
// claimed with what is known.
type Difference struct {
	Label          i18n.Text
	Claimed, Known string
	Same           bool
}

// compare puts what is claimed beside what is known.
func compare(c Claim, p person.Person) []Difference {
	line := func(key, claimed, known string) Difference {
		return Difference{i18n.K(key), claimed, known, claimed != "" && fold(claimed) == fold(known)}
	}
	list := []Difference{
		line("recovery.surname", c.Name.Surname, p.Surname), line("recovery.name", c.Name.Name, p.Name),
		line("recovery.patronymic", c.Name.Patronymic, p.Patronymic), line("recovery.birth", c.Birth, p.BirthDate),
	}
	if c.Papers.Kind == account.SNILS {
		return append(list, line("recovery.snils", c.Papers.Value, p.SNILS))
	}
	return append(list, line("recovery.inn", c.Papers.Value, p.INN))
}
