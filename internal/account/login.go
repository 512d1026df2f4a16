package account

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"kabinet/internal/person/ident"
	"kabinet/internal/platform/i18n"
)

// Kind is a kind of identifier by which an account is found.
type Kind string

// Kinds of identifiers.
const (
	Phone  Kind = "phone"  // E.164
	Email  Kind = "email"  // lower case
	Number Kind = "number" // «номер ЛК»: 10 digits
	SNILS  Kind = "snils"  // 11 digits, verified
	INN    Kind = "inn"    // 12 digits, verified
	// Passport is the 4 digits of the series and the 6 of the number, verified.
	// It finds an account, but nobody signs in with it.
	Passport Kind = "passport"
)

// Login is what a person typed to say who they are, in the one form that is
// kept and compared.
type Login struct {
	Kind  Kind
	Value string
}

// ParseLogin recognises a phone number, an e-mail address, СНИЛС or ИНН in any
// spelling. Eleven digits that could be a phone number and СНИЛС are the phone,
// which far more people type, unless they stand in the groups of СНИЛС.
func ParseLogin(typed string) (Login, bool) {
	for _, kind := range []Kind{Email, Phone, SNILS, INN} {
		if l, ok := ParseLoginBy(kind, typed); ok && !(kind == Phone && snilsGroups.MatchString(strings.TrimSpace(typed))) {
			return l, true
		}
	}
	return Login{}, false
}

// snilsGroups is how СНИЛС is printed: 112-233-445 95.
var snilsGroups = regexp.MustCompile(`^\d{3}[-\s\x{a0}]\d{3}[-\s\x{a0}]\d{3}[-\s\x{a0}]\d{2}$`)

// ParseLoginBy reads a login of one kind; of kind "" it is ParseLogin.
func ParseLoginBy(kind Kind, typed string) (Login, bool) {
	switch kind {
	case "":
		return ParseLogin(typed)
	case Email:
		address, ok := ParseEmail(typed)
		return Login{Email, address}, ok
	case Phone:
		phone, ok := ParsePhone(typed)
		return Login{Phone, phone}, ok
	case SNILS:
		value, err := ident.ParseSNILS(typed)
		return Login{SNILS, value}, err == nil
	case INN:
		value, err := ident.ParsePersonINN(typed)
		return Login{INN, value}, err == nil
	case Passport:
		value, ok := parsePassport(typed)
		return Login{Passport, value}, ok
	}
	return Login{}, false
}

// parsePassport reads a series and a number in one line.
func parsePassport(typed string) (string, bool) {
	digits := []rune(strings.Map(func(c rune) rune {
		if strings.ContainsRune("  -№", c) {
			return -1
		}
		return c
	}, typed))
	if len(digits) != 10 {
		return "", false
	}
	series, number, err := ident.ParsePassport(string(digits[:4]), string(digits[4:]))
	return series + number, err == nil
}

// contact reports whether codes can be sent to what was typed.
func (l Login) contact() bool { return l.Kind == Phone || l.Kind == Email }

// ParseContact recognises a phone number or an e-mail address.
func ParseContact(typed string) (Login, bool) {
	if strings.ContainsRune(typed, '@') {
		return ParseLoginBy(Email, typed)
	}
	return ParseLoginBy(Phone, typed)
}

// String is the login as people write it.
func (l Login) String() string {
	switch l.Kind {
	case Phone:
		return i18n.Phone(l.Value)
	case SNILS:
		return ident.FormatSNILS(l.Value)
	}
	return l.Value
}

// ParsePhone returns a mobile number as E.164.
func ParsePhone(typed string) (string, bool) {
	phone, err := ident.ParsePhone(typed)
	return phone, err == nil && ident.Mobile(phone)
}

// ParseEmail returns an address in lower case. Providers that tell capital
// letters in an address apart have died out; people who mix them have not.
func ParseEmail(typed string) (string, bool) {
	typed = strings.ToLower(norm.NFC.String(strings.TrimSpace(typed)))
	a, err := mail.ParseAddress(typed)
	if err != nil || a.Name != "" || a.Address != typed || len(typed) > 254 {
		return "", false
	}
	at := strings.LastIndexByte(typed, '@')
	domain, err := idna.Lookup.ToASCII(typed[at+1:])
	if err != nil || !strings.Contains(domain, ".") {
		return "", false
	}
	return typed[:at+1] + domain, true
}

// checkPhone, checkEmail and checkContact are checks of fields.

func checkPhone(typed string) i18n.Text {
	if _, ok := ParsePhone(typed); !ok {
		return i18n.K("account.phone_wrong")
	}
	return i18n.Text{}
}

func checkEmail(typed string) i18n.Text {
	if _, ok := ParseEmail(typed); !ok {
		return i18n.K("account.email_wrong")
	}
	return i18n.Text{}
}

func checkContact(typed string) i18n.Text {
	if _, ok := ParseContact(typed); !ok {
		return i18n.K("account.contact_wrong")
	}
	return i18n.Text{}
}

// CheckName is a check of fields: it lets through letters of any language with what stands between and
// after them in names.
func CheckName(typed string) i18n.Text {
	letters := false
	for _, c := range typed {
		switch {
		case unicode.IsLetter(c):
			letters = true
		case unicode.Is(unicode.Mn, c) || strings.ContainsRune(" -’'.", c):
		default:
			return i18n.K("account.name_wrong")
		}
	}
	if !letters {
		return i18n.K("account.name_wrong")
	}
	return i18n.Text{}
}
