package eform

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"kabinet/internal/person/ident"
)

// Kind says what a field asks for.
type Kind string

// The kinds of fields.
const (
	Text             Kind = "text"
	Textarea         Kind = "textarea"
	Number           Kind = "number"
	Integer          Kind = "integer"
	Money            Kind = "money"
	Date             Kind = "date"
	Period           Kind = "period"
	Year             Kind = "year"
	Choice           Kind = "choice"
	Select           Kind = "select"
	Multichoice      Kind = "multichoice"
	YesNo            Kind = "yesno"
	Checkbox         Kind = "checkbox"
	File             Kind = "file"
	Fio              Kind = "fio"
	Phone            Kind = "phone"
	Email            Kind = "email"
	SNILS            Kind = "snils"
	INN              Kind = "inn"
	OGRN             Kind = "ogrn"
	OMS              Kind = "oms"
	Plate            Kind = "plate"
	VIN              Kind = "vin"
	VehicleDoc       Kind = "vehicle_document"
	BirthCertificate Kind = "birth_certificate"
	ForeignPassport  Kind = "foreign_passport"
	Passport         Kind = "passport"
	Address          Kind = "address"
	Bank             Kind = "bank"
	Info             Kind = "info"
	Group            Kind = "group"
	Calculated       Kind = "calculated"

	// Kinds of parts only; a file cannot name them.
	lastName  Kind = "last_name"
	firstName Kind = "first_name"
	series    Kind = "series"
	number6   Kind = "number6"
	division  Kind = "division"
	issued    Kind = "issued"
	month     Kind = "month"
	bik       Kind = "bik"
	account   Kind = "account"
)

// kind is what the engine knows of a Kind.
type kind struct {
	cel    *cel.Type                    // nil: has no value (info)
	parts  []partOf                     // of a value made of several
	read   func(string) (string, error) // canonical form of what was typed; nil: trimmed text
	value  func(string) ref.Val         // of the canonical form; nil: a string
	show   func(string) string          // the canonical form as people write it; nil: as it is
	max    int                          // longest text by default
	width  string
	auto   string // autocomplete by default
	mode   string // inputmode
	countd bool   // least and most are numbers of rows, files or ticks
	bounds bool   // least and most are values
	choice bool   // has options
	tick   bool   // empty means no
}

// partOf is one input of a value made of several.
type partOf struct {
	name     string
	kind     Kind
	optional bool
	auto     string
}

// single reports whether the kind is one string that a person types.
func (k *kind) single() bool { return k.cel != nil && k.parts == nil && !k.countd }

// unread is an error that says by a message key how to mend what was typed.
type unread string

// Error returns the key.
func (u unread) Error() string { return string(u) }

// kindOf returns what is known of k, nil when there is no such kind.
func kindOf(k Kind) *kind {
	switch k {
	case Text:
		return &kind{cel: cel.StringType, max: 200}
	case Textarea:
		return &kind{cel: cel.StringType, max: 4000}
	case Number:
		return &kind{cel: cel.DoubleType, read: readNumber, value: doubleOf, show: showNumber, max: 20, width: "s", mode: "decimal", bounds: true}
	case Integer:
		return &kind{cel: cel.IntType, read: readInteger, value: intOf, max: 18, width: "s", mode: "numeric", bounds: true}
	case Year:
		return &kind{cel: cel.IntType, read: readYear, value: intOf, max: 4, width: "s", mode: "numeric", bounds: true}
	case Money:
		return &kind{cel: cel.IntType, read: readMoney, value: kopecksOf, show: showNumber, max: 20, width: "s", mode: "decimal", bounds: true}
	case Date, issued:
		return &kind{cel: cel.TimestampType, read: readDate, value: dateOf, show: showDate, max: 20, width: "s", mode: "numeric", bounds: true}
	case month:
		return &kind{cel: cel.TimestampType, read: readMonth, value: monthOf, show: showMonth, max: 20, width: "s", mode: "numeric", bounds: true}
	case Choice, Select:
		return &kind{cel: cel.StringType, max: 60, choice: true}
	case Multichoice:
		return &kind{cel: cel.ListType(cel.StringType), read: readSet, max: 4000, choice: true, countd: true}
	case YesNo:
		return &kind{cel: cel.BoolType, read: readYesNo, value: boolOf, max: 10}
	case Checkbox:
		return &kind{cel: cel.BoolType, read: readTick, value: boolOf, max: 10, tick: true}
	case File:
		return &kind{cel: cel.ListType(cel.ObjectType(fileType)), countd: true, max: 4000}
	case Fio:
		return &kind{cel: cel.ObjectType(fioType), parts: []partOf{{"last", lastName, false, "family-name"}, {"first", firstName, false, "given-name"}, {"middle", firstName, true, "additional-name"}}}
	case lastName, firstName:
		return &kind{cel: cel.StringType, read: readName, max: 100}
	case Phone:
		return &kind{cel: cel.StringType, read: ident.ParsePhone, show: showPhone, max: 30, width: "m", auto: "tel", mode: "tel"}
	case Email:
		return &kind{cel: cel.StringType, read: readEmail, max: 254, width: "m", auto: "email", mode: "email"}
	case SNILS:
		return &kind{cel: cel.StringType, read: ident.ParseSNILS, show: ident.FormatSNILS, max: 30, width: "m", mode: "numeric"}
	case INN:
		return &kind{cel: cel.StringType, read: ident.ParseINN, max: 30, width: "m", mode: "numeric"}
	case OGRN:
		return &kind{cel: cel.StringType, read: ident.ParseOGRN, max: 30, width: "m", mode: "numeric"}
	case OMS:
		return &kind{cel: cel.StringType, read: ident.ParseOMS, show: ident.FormatOMS, max: 40, width: "m", mode: "numeric"}
	case Plate:
		return &kind{cel: cel.StringType, read: ident.ParsePlate, max: 20, width: "s"}
	case VIN:
		return &kind{cel: cel.StringType, read: ident.ParseVIN, max: 40, width: "m"}
	case VehicleDoc:
		return &kind{cel: cel.StringType, read: ident.ParseVehicleCertificate, show: ident.FormatVehicleCertificate, max: 30, width: "m"}
	case BirthCertificate:
		return &kind{cel: cel.StringType, read: ident.ParseBirthCertificate, max: 30, width: "m"}
	case ForeignPassport:
		return &kind{cel: cel.StringType, read: ident.ParseForeignPassport, show: ident.FormatForeignPassport, max: 30, width: "m", mode: "numeric"}
	case Passport:
		return &kind{cel: cel.ObjectType(passportType), parts: []partOf{{name: "series", kind: series}, {name: "number", kind: number6}, {name: "on", kind: issued}, {name: "code", kind: division}, {name: "by", kind: Text}}}
	case series:
		return &kind{cel: cel.StringType, read: func(s string) (string, error) { s, _, err := ident.ParsePassport(s, "000001"); return s, err }, max: 10, width: "s", mode: "numeric"}
	case number6:
		return &kind{cel: cel.StringType, read: func(s string) (string, error) { _, s, err := ident.ParsePassport("0001", s); return s, err }, max: 12, width: "s", mode: "numeric"}
	case division:
		return &kind{cel: cel.StringType, read: ident.ParseDivisionCode, show: ident.FormatDivisionCode, max: 12, width: "s", mode: "numeric"}
	case Address:
		return &kind{cel: cel.ObjectType(addressType), parts: []partOf{{name: "line", kind: Text, auto: "street-address"}}}
	case Bank:
		return &kind{cel: cel.ObjectType(bankType), parts: []partOf{{name: "bik", kind: bik}, {name: "account", kind: account}}}
	case bik:
		return &kind{cel: cel.StringType, read: ident.ParseBIK, max: 20, width: "s", mode: "numeric"}
	case account: // its key depends on the bank: checked where both are known
		return &kind{cel: cel.StringType, read: ident.ParseAccount, max: 40, width: "m", mode: "numeric"}
	case Period:
		return &kind{cel: cel.ObjectType(periodType), parts: []partOf{{name: "from", kind: month}, {name: "to", kind: month}}}
	case Info:
		return &kind{}
	case Group:
		return &kind{countd: true}
	case Calculated:
		return &kind{}
	}
	return nil
}

// Kinds returns the kinds that a file may name, in order.
func Kinds() []Kind {
	return []Kind{Address, Bank, BirthCertificate, Calculated, Checkbox, Choice, Date, Email, File, Fio, ForeignPassport, Group, INN, Info, Integer,
		Money, Multichoice, Number, OGRN, OMS, Passport, Period, Phone, Plate, Select, SNILS, Text, Textarea, VehicleDoc, VIN, Year, YesNo}
}

// read returns the canonical form of what was typed into a field of kind k.
// The error is an unread or an ident.Reason. Reading the canonical form again
// gives the same.
func (k *kind) canonical(typed string) (string, error) {
	typed = tidy(typed)
	if typed == "" || k.read == nil {
		return typed, nil
	}
	return k.read(typed)
}

// tidy trims a text and takes out what no keyboard makes: control characters
// and broken UTF-8. Lines end with one "\n".
func tidy(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			plain = false
			break
		}
	}
	if plain && utf8.ValidString(s) {
		return strings.TrimSpace(s)
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if r == '\r' || r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// readNumber reads «1 234,5» and 1234.5.
func readNumber(s string) (string, error) {
	s = strings.ReplaceAll(strings.ReplaceAll(squeeze(s), ",", "."), "\u2212", "-")
	s = strings.TrimPrefix(s, "+")
	if len(s) > 18 || strings.Trim(s, "-0123456789.") != "" {
		return "", unread("eform.number_shape")
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return "", unread("eform.number_shape")
	}
	return strconv.FormatFloat(f, 'f', -1, 64), nil
}

func readInteger(s string) (string, error) {
	s = strings.TrimPrefix(strings.ReplaceAll(squeeze(s), "\u2212", "-"), "+")
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > 1e15 || n < -1e15 {
		return "", unread("eform.integer_shape")
	}
	return strconv.FormatInt(n, 10), nil
}

func readYear(s string) (string, error) {
	n, err := strconv.Atoi(squeeze(s))
	if err != nil || n < 1900 || n > 2200 {
		return "", unread("eform.year_shape")
	}
	return strconv.Itoa(n), nil
}

// readMoney reads a sum in roubles with at most two digits of kopecks.
func readMoney(s string) (string, error) {
	s = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(squeeze(s)), "₽"), "руб."), "руб")
	roubles, kopecks, _ := strings.Cut(strings.ReplaceAll(s, ",", "."), ".")
	n, err := strconv.ParseInt(roubles, 10, 64)
	if err != nil || n < 0 || n > 1e12 || len(kopecks) > 2 || strings.Trim(kopecks, "0123456789") != "" || roubles[0] == '+' {
		return "", unread("eform.money_shape")
	}
	s = strconv.FormatInt(n, 10)
	if strings.Trim(kopecks, "0") != "" {
		s += "." + (kopecks + "0")[:2]
	}
	return s, nil
}

// readDate reads ДД.ММ.ГГГГ, also with other separators or eight digits, and
// the ISO form.
func readDate(s string) (string, error) {
	s = strings.TrimSuffix(strings.TrimSpace(strings.TrimSuffix(strings.ToLower(s), "г.")), " ")
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return inCenturies(t, time.DateOnly)
	}
	s = strings.NewReplacer("/", ".", "-", ".", ",", ".", " ", ".", "\u00a0", ".").Replace(s)
	if len(s) == 8 && strings.Trim(s, "0123456789") == "" {
		s = s[:2] + "." + s[2:4] + "." + s[4:]
	}
	t, err := time.Parse("2.1.2006", s)
	if err != nil {
		return "", unread("eform.date_shape")
	}
	return inCenturies(t, time.DateOnly)
}

func inCenturies(t time.Time, layout string) (string, error) {
	if t.Year() < 1900 || t.Year() > 2200 {
		return "", unread("eform.date_year")
	}
	return t.Format(layout), nil
}

// readMonth reads ММ.ГГГГ and the ISO form 2026-11.
func readMonth(s string) (string, error) {
	s = squeeze(s)
	if t, err := time.Parse("2006-01", s); err == nil {
		return inCenturies(t, "2006-01")
	}
	t, err := time.Parse("1.2006", strings.NewReplacer("/", ".", "-", ".", ",", ".").Replace(s))
	if err != nil {
		return "", unread("eform.month_shape")
	}
	return inCenturies(t, "2006-01")
}

func readYesNo(s string) (string, error) {
	switch strings.ToLower(s) {
	case "yes", "on", "true", "да":
		return "yes", nil
	case "no", "false", "нет":
		return "no", nil
	}
	return "", unread("eform.choice_shape")
}

func readTick(s string) (string, error) {
	yes, err := readYesNo(s)
	if yes == "no" {
		yes = ""
	}
	return yes, err
}

// readSet orders nothing and drops repetitions.
func readSet(s string) (string, error) {
	var set []string
	for _, v := range strings.Fields(s) {
		if !slices.Contains(set, v) {
			set = append(set, v)
		}
	}
	return strings.Join(set, " "), nil
}

// readName reads one part of a person's name as the passport has it: Russian
// letters, no abbreviations. Latin letters that look Russian become Russian;
// a name typed all small or all capital is set right.
func readName(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if hasCyrillic(s) {
		s = strings.Map(lookAlike, s)
	}
	for _, r := range s {
		switch {
		case r == '.':
			return "", unread("eform.name_short")
		case unicode.IsDigit(r):
			return "", unread("eform.name_letters")
		case unicode.Is(unicode.Cyrillic, r), r == ' ', r == '-', r == '\'', r == '’', r == '(', r == ')':
		default:
			return "", unread("eform.name_letters")
		}
	}
	if !hasCyrillic(s) {
		return "", unread("eform.name_letters")
	}
	if s == strings.ToLower(s) || s == strings.ToUpper(s) {
		s = capitalised(s)
	}
	return s, nil
}

func hasCyrillic(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
}

// capitalised gives every word of a name its capital.
func capitalised(s string) string {
	start := true
	return strings.Map(func(r rune) rune {
		if start {
			r = unicode.ToUpper(r)
		} else {
			r = unicode.ToLower(r)
		}
		start = r == ' ' || r == '-' || r == '('
		return r
	}, s)
}

// lookAlike turns a Latin letter into the Russian one that looks the same.
func lookAlike(r rune) rune {
	const latin, russian = "ABEKMHOPCTYXaeopcyx", "АВЕКМНОРСТУХаеорсух"
	if i := strings.IndexRune(latin, r); i >= 0 {
		return []rune(russian)[i]
	}
	return r
}

func readEmail(s string) (string, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return "", unread("eform.email_shape")
	}
	at := strings.LastIndexByte(s, '@')
	name, domain := s[:at], strings.ToLower(s[at+1:])
	if !strings.Contains(domain, ".") || strings.ContainsAny(domain, "[]_ ") || strings.HasSuffix(domain, ".") || strings.ContainsAny(name, `" `) {
		return "", unread("eform.email_shape")
	}
	return name + "@" + domain, nil
}

func intOf(s string) ref.Val {
	n, _ := strconv.ParseInt(s, 10, 64) // canonical
	return types.Int(n)
}

func doubleOf(s string) ref.Val {
	f, _ := strconv.ParseFloat(s, 64) // canonical
	return types.Double(f)
}

// kopecksOf returns a canonical sum in kopecks.
func kopecksOf(s string) ref.Val {
	roubles, kopecks, _ := strings.Cut(s, ".")
	n, _ := strconv.ParseInt(roubles+(kopecks + "00")[:2], 10, 64)
	return types.Int(n)
}

func boolOf(s string) ref.Val { return types.Bool(s == "yes") }

func dateOf(s string) ref.Val {
	t, _ := time.Parse(time.DateOnly, s)
	return types.Timestamp{Time: t}
}

func monthOf(s string) ref.Val {
	t, _ := time.Parse("2006-01", s)
	return types.Timestamp{Time: t}
}

func showNumber(s string) string { return strings.Replace(s, ".", ",", 1) }

func showDate(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return t.Format("02.01.2006")
}

func showMonth(s string) string {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return s
	}
	return t.Format("01.2006")
}

// showPhone shows a number without no-break spaces, because it stands in a
// field where people go on typing.
func showPhone(e164 string) string {
	if len(e164) != 12 || !strings.HasPrefix(e164, "+7") {
		return e164
	}
	return "+7 " + e164[2:5] + " " + e164[5:8] + "-" + e164[8:10] + "-" + e164[10:]
}
