package account

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kabinet/internal/platform/i18n"
)

// PasswordMax is the longest password in characters.
const PasswordMax = 128

// Profile chooses the rules for new passwords.
type Profile string

const (
	// Classes is the default: A-25 with all its classes of characters.
	Classes Profile = "classes"
	// Modern asks for length instead of classes: 15 characters of anything, 8 of an
	// account that has the second step. Source: SP 800-63B-4 3.1.1.2.
	Modern Profile = "modern"
	// Regulated is for staff where a local act demands classes and a greatest age:
	// Classes with 10 characters. It is an exception from ASVS 6.2.5 and 6.2.10.
	Regulated Profile = "regulated"
)

// Rule is one condition that a new password must meet.
type Rule struct {
	ID    string
	Text  i18n.Text
	Least int    // for scripts: fewest characters, 0 is any
	Has   string // for scripts: regular expression of JavaScript that must be found; "" when only the server can tell
	met   func(p password) bool
}

// password is a new password with what the rules compare it to.
type password struct {
	typed   string   // NFC
	context []string // words that a stranger would try first: names, phone, e-mail
	common  func(string) bool
}

// Rules are the conditions of a profile in the order in which they are shown.
type Rules struct {
	list   []Rule
	common func(string) bool
}

// NewRules returns the rules of a profile, "" being Classes; second tells that
// the account has the second step. leaked may be nil.
func NewRules(p Profile, second bool, leaked *LeakedList) Rules {
	words := commonWords()
	common := func(s string) bool {
		_, found := slices.BinarySearch(words, s)
		return found
	}
	length := func(n int) Rule {
		return Rule{"length", i18n.K("account.rule_length", "n", n), n, "", func(p password) bool { return utf8.RuneCountInString(p.typed) >= n }}
	}
	has := func(id, script string, is func(rune) bool) Rule {
		return Rule{id, i18n.K("account.rule_" + id), 0, script, func(p password) bool { return strings.ContainsFunc(p.typed, is) }}
	}
	list := []Rule{length(15)}
	switch {
	case p == Modern && second:
		list = []Rule{length(8)}
	case p != Modern:
		least := 8
		if p == Regulated {
			least = 10
		}
		list = []Rule{length(least), has("upper", `\p{Lu}`, unicode.IsUpper), has("lower", `\p{Ll}`, unicode.IsLower),
			has("digit", `\p{Nd}`, unicode.IsDigit), has("special", `[^\p{L}\p{Nd}\p{Cc}]`, special)}
	}
	if p != Modern {
		list = append(list, Rule{"sequence", i18n.K("account.rule_sequence"), 1, notSequential, func(p password) bool { return !sequential(p.typed) }})
	}
	list = append(list, Rule{"common", i18n.K("account.rule_common"), 0, "", func(p password) bool { return !listed(p) }})
	if leaked != nil {
		list = append(list, Rule{"leaked", i18n.K("account.rule_leaked"), 0, "", func(p password) bool {
			found, err := leaked.Has(p.typed)
			return err != nil || !found // a list that cannot be read keeps nobody out; sign-ins log it
		}})
	}
	return Rules{list, common}
}

// List returns the rules to show beside a password field.
func (r Rules) List() []Rule { return r.list }

// Broken returns the rules that typed does not meet. context are words that
// say who the person is.
func (r Rules) Broken(typed string, context ...string) (broken []Rule) {
	p := password{norm.NFC.String(typed), context, r.common}
	for _, rule := range r.list {
		if !rule.met(p) {
			broken = append(broken, rule)
		}
	}
	return broken
}

// notSequential is sequential the other way round, for scripts.
const notSequential = `^(?!.*(?:012|123|234|345|456|567|678|789|987|876|765|654|543|432|321|210))(?!.*(.)\1\1\1)`

func special(c rune) bool {
	return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsControl(c)
}

// sequential reports three digits that follow one another up or down («345»,
// «987»), or four equal characters.
func sequential(s string) bool {
	rs := []rune(s)
	for i := range rs {
		if i >= 2 && unicode.IsDigit(rs[i]) && unicode.IsDigit(rs[i-1]) && unicode.IsDigit(rs[i-2]) {
			if step := rs[i] - rs[i-1]; (step == 1 || step == -1) && rs[i-1]-rs[i-2] == step {
				return true
			}
		}
		if i >= 3 && rs[i] == rs[i-1] && rs[i] == rs[i-2] && rs[i] == rs[i-3] {
			return true
		}
	}
	return false
}

// listed reports a password that guessers try first: one of the common list, or
// the person's own name, phone or address, or the portal's name, whichever of
// its disguises it wears. A password that only contains such a word among
// others passes.
func listed(p password) bool {
	own := map[string]bool{"кабинет": true, "kabinet": true, "личныйкабинет": true, "госуслуги": true, "gosuslugi": true}
	for _, word := range p.context {
		for _, form := range contextForms(word) {
			own[form] = true
		}
	}
	for _, form := range disguises(p.typed) {
		if own[form] || p.common(form) {
			return true
		}
	}
	return false
}

func contextForms(word string) (forms []string) {
	word = strings.ToLower(norm.NFC.String(word))
	if name, _, found := strings.Cut(word, "@"); found {
		word = name
	}
	if word = strings.TrimPrefix(word, "+7"); len([]rune(word)) < 3 {
		return nil
	}
	forms = append(forms, word, strings.TrimFunc(word, notLetter), transliterate(word))
	return slices.DeleteFunc(forms, func(s string) bool { return s == "" })
}

func notLetter(c rune) bool { return !unicode.IsLetter(c) }

// The same keys in two layouts.
const (
	keysEN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
	keysRU = "йцукенгшщзхъфывапролджэячсмитьбюё"
)

var (
	leet     = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")
	translit = map[rune]string{'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "e", 'ж': "zh", 'з': "z", 'и': "i",
		'й': "y", 'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "h",
		'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "sch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya"}
)

// disguises returns the words that a password may be when its usual tricks are
// taken away: capitals, digits and signs around it, digits for letters, the
// other keyboard layout.
func disguises(typed string) []string {
	lower := strings.ToLower(typed)
	bare := strings.TrimFunc(lower, notLetter)
	digits := strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			return c
		}
		return -1
	}, lower)
	forms := []string{lower, bare, strings.TrimFunc(lower, special), leet.Replace(bare), strings.TrimFunc(leet.Replace(lower), notLetter)}
	if len(digits) >= 6 && len([]rune(lower))-len(digits) <= 3 {
		forms = append(forms, digits, strings.TrimPrefix(strings.TrimPrefix(digits, "8"), "7"))
	}
	for _, f := range slices.Clone(forms) {
		forms = append(forms, layout(f, keysEN, keysRU), layout(f, keysRU, keysEN))
	}
	return slices.DeleteFunc(forms, func(s string) bool { return utf8.RuneCountInString(s) < 3 })
}

// layout returns what the same keys write in another layout.
func layout(s, from, to string) string {
	keys := []rune(to)
	return strings.Map(func(c rune) rune {
		if i := slices.Index([]rune(from), c); i >= 0 {
			return keys[i]
		}
		return c
	}, s)
}

func transliterate(s string) string {
	var b strings.Builder
	for _, c := range s {
		if t, ok := translit[c]; ok {
			b.WriteString(t)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

//go:embed common.txt
var commonFile string

// commonWords returns the passwords that guessers try first, in lower case,
// sorted: one a line in the file, which is sorted too.
func commonWords() []string { return strings.Split(strings.TrimSpace(commonFile), "\n") }
