package signature

import (
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/person"
	"kabinet/internal/person/ident"
	"kabinet/internal/platform/fault"
	"kabinet/internal/signature/pki"
)

var (
	// ErrNoSeal: the file bears no seal at all.
	ErrNoSeal = errors.New("the file bears no seal")
	// ErrBroken: the file bears something like a seal, but not one of this
	// operator's over these bytes: changed, or sealed by somebody else.
	ErrBroken = errors.New("the seal does not fit the file or is not the operator's")
	// ErrUnsealable: not a file that package pdf writes.
	ErrUnsealable = errors.New("the file cannot be sealed")
	// ErrExpired: the operator's certificate is not valid at that time.
	ErrExpired = errors.New("the seal's certificate is not valid now")
)

// Seal is what a genuine seal says.
type Seal struct {
	Signer       string    // name in the certificate
	SerialNumber string    // of the certificate, hex in capitals
	At           time.Time // when the operator sealed it, to the second, UTC
	Whole        bool      // false: something was appended after sealing, so what is shown may differ
}

// Reason is what a seal says about itself to whoever looks at its properties.
type Reason struct {
	Text  string // «Выдано по заявлению № 2026-000124»
	Place string // the agency; may be empty
}

// Failures that people are told about.
var (
	// ErrChallenge is returned for an answer to a challenge that is unknown, too
	// old, of another browser or of another account.
	ErrChallenge = fault.New(fault.Invalid, "signature.challenge_over")
	// ErrUsed is returned for an answer to a challenge that was answered before.
	ErrUsed = fault.New(fault.Invalid, "signature.challenge_used")
	// ErrRefused is returned for a signature or certificate that did not pass;
	// *Refused tells why.
	ErrRefused = fault.New(fault.Invalid, "signature.refused")
	// ErrNobody is returned for a certificate that names no person: without
	// СНИЛС and ИНН.
	ErrNobody = fault.New(fault.Invalid, "signature.nobody")
	// ErrNewcomer is returned for a registration that is unknown, over, or of
	// another browser.
	ErrNewcomer = fault.New(fault.NotFound, "signature.newcomer_over")
	// ErrDiffers is returned when the certificate is of somebody else than the
	// holder of the account.
	ErrDiffers = fault.New(fault.Conflict, "signature.differs")
	// ErrTaken is returned when what the certificate names belongs to another
	// account.
	ErrTaken = fault.New(fault.Conflict, "signature.taken")
	// ErrBound is returned when the certificate is bound to an account already.
	ErrBound = fault.New(fault.Conflict, "signature.bound")
	// ErrFull is returned when the account has as many certificates as it may.
	ErrFull = fault.New(fault.Conflict, "signature.full")
	// ErrNoCertificate is returned for a bound certificate that is not there.
	ErrNoCertificate = fault.New(fault.NotFound, "signature.no_certificate")
	// ErrUnqualified is returned when only a qualified signature will do.
	ErrUnqualified = fault.New(fault.Invalid, "signature.unqualified")
	// ErrNotShown is returned when a browser showed no certificate.
	ErrNotShown = fault.New(fault.Invalid, "signature.not_shown")
	// ErrOlder is returned for a trust list that is not newer than the one kept.
	ErrOlder = fault.New(fault.Conflict, "signature.list_older")
	// ErrList is returned for a file that is not a trust list.
	ErrList = fault.New(fault.Invalid, "signature.list_wrong")
	// ErrFetch is returned when the trust list could not be fetched.
	ErrFetch = fault.New(fault.Unavailable, "signature.list_unreachable")
)

// Refused is ErrRefused with what was found.
type Refused struct{ Report pki.Report }

func (e *Refused) Error() string {
	v := e.Report.Verdict()
	return "signature refused: " + string(v.Step) + " " + string(v.Reason)
}

// Unwrap makes it an ErrRefused.
func (e *Refused) Unwrap() error { return ErrRefused }

// Facts are what a certificate vouches for.
type Facts struct {
	Name      account.Name `json:"name"`
	SNILS     string       `json:"snils,omitempty"` // 11 digits, "" when not named or wrong
	INN       string       `json:"inn,omitempty"`   // of a person, 12 digits
	Qualified bool         `json:"qualified"`       // enhanced qualified signature, 63-FZ 5
	Raw       []byte       `json:"raw"`             // the certificate, DER
}

// factsOf reads what a certificate says of its owner.
func factsOf(r pki.Report) Facts {
	h := r.Signer.Holder()
	f := Facts{Name: account.Name{Surname: h.Surname, Name: h.Name, Patronymic: h.Patronymic}, Qualified: r.Qualified(), Raw: r.Signer.Raw}
	if snils, err := ident.ParseSNILS(h.SNILS); err == nil {
		f.SNILS = snils
	}
	if inn, err := ident.ParsePersonINN(h.INN); err == nil {
		f.INN = inn
	}
	return f
}

// logins are what an account of that person is found by, the surest first.
func (f Facts) logins() (all []account.Login) {
	if f.SNILS != "" {
		all = append(all, account.Login{Kind: account.SNILS, Value: f.SNILS})
	}
	if f.INN != "" {
		all = append(all, account.Login{Kind: account.INN, Value: f.INN})
	}
	return all
}

// named reports whether there is enough to make an account of.
func (f Facts) named() bool { return f.SNILS != "" && f.Name.Surname != "" && f.Name.Name != "" }

// same reports whether p can be who the certificate is of: nothing that both
// know differs. A patronymic is not compared where one does not name it.
func (f Facts) same(p person.Person) bool {
	for _, pair := range [][2]string{{p.Surname, f.Name.Surname}, {p.Name, f.Name.Name}, {p.Patronymic, f.Name.Patronymic}, {p.SNILS, f.SNILS}, {p.INN, f.INN}} {
		if pair[0] != "" && pair[1] != "" && fold(pair[0]) != fold(pair[1]) {
			return false
		}
	}
	return true
}

// fold is how names are compared: ё as е, any case, any space and hyphen.
func fold(name string) string {
	name = strings.NewReplacer("ё", "е", "‑", "-", "–", "-").Replace(strings.ToLower(name))
	return strings.Join(strings.Fields(name), " ")
}

// onto returns p with what the certificate vouches for. The birth date is not
// among it, so the name does not become verified as a part.
func (f Facts) onto(p person.Person) person.Person {
	if p.Surname == "" && p.Name == "" {
		p.Surname, p.Name, p.Patronymic = f.Name.Surname, f.Name.Name, f.Name.Patronymic
	}
	if p.SNILS == "" {
		p.SNILS = f.SNILS
	}
	if p.INN == "" {
		p.INN = f.INN
	}
	if p.SNILS != "" && p.SNILS == f.SNILS && (p.INN == "" || p.INN == f.INN) && !p.Is(person.Numbers) {
		p.Verified = append(p.Verified[:len(p.Verified):len(p.Verified)], person.Numbers)
	}
	return p
}

// Standing is what is known of a bound certificate.
type Standing string

// The standings.
const (
	Good    Standing = "valid"
	Revoked Standing = "revoked"
	Unclear Standing = "unknown" // it could not be checked, or not any more
)

// Bound is a certificate that signs in to an account.
type Bound struct {
	ID       string
	Name     string // of whom it is
	Centre   string
	Serial   string // number, hex
	Class    string // of the owner's tool, "" when it is not qualified
	Key      string // algorithm
	Standing Standing
	Bound    time.Time
	Used     time.Time // zero: never yet
	From     time.Time
	Ends     time.Time
}

// warnings are how many days before its end a certificate's owner is told,
// farthest first. Getting another one takes days.
var warnings = []int{30, 7, 1}

// warning returns the number of days to tell of, 0 when it is too early or the
// owner was told already: told is the last number, 0 for none.
func warning(ends, now time.Time, told int) int {
	left := ends.Sub(now)
	due := 0
	for _, days := range warnings {
		if left > 0 && left <= time.Duration(days)*24*time.Hour && (told == 0 || days < told) {
			due = days
		}
	}
	return due
}

// soon is how long before its end a certificate is shown as one that ends.
const soon = 30 * 24 * time.Hour

// maxBound is how many certificates an account may have.
const maxBound = 10

func browserHash(cookie string) []byte {
	sum := sha256.Sum256([]byte(cookie))
	return sum[:]
}
