package search_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/platform/search"
)

const (
	income = iota
	subsidy
	yard
	family
	garden
	passport
)

var cards = []search.Doc{
	income: {
		Titles: []string{"Справка о доходах", "Income certificate"},
		Codes:  []string{"НС-101"},
		Texts: []search.Text{
			{Text: "2-НДФЛ, зарплата, для банка", Weight: 5},
			{Text: "Документ о доходах и удержанном налоге за год. Нужна для кредита и субсидии.", Weight: 1},
		},
	},
	subsidy: {
		Titles: []string{"Субсидия на оплату жилья", "Housing subsidy"},
		Codes:  []string{"СП-201"},
		Texts: []search.Text{
			{Text: "ЖКУ, коммунальные услуги, квартплата", Weight: 5},
			{Text: "Поможем, если на оплату жилья уходит больше 22 % доходов семьи.", Weight: 1},
		},
	},
	yard: {
		Titles: []string{"Сообщение о проблеме во дворе", "Report a problem in the yard"},
		Codes:  []string{"АГ-301"},
		Texts:  []search.Text{{Text: "Яма, мусор, не горит фонарь", Weight: 3}},
	},
	family: {Titles: []string{"Справка о составе семьи", "Family certificate"}, Codes: []string{"СР-401"}},
	garden: {
		Titles: []string{"Постановка ребёнка на учёт в детский сад", "Kindergarten place"},
		Codes:  []string{"АГ-302"},
	},
	passport: {Titles: []string{"Замена паспорта", "Passport replacement"}, Codes: []string{"ПС-501"}},
}

// Proves: D-02
func TestFind(t *testing.T) {
	t.Parallel()
	index := search.New(cards)
	for _, c := range []struct {
		name, query string
		docs        []int // the first ones, in order
		corrected   string
	}{
		{name: "the title as it stands", query: "Справка о доходах", docs: []int{income}},
		{name: "other cases of the words", query: "справку доход", docs: []int{income}},
		{name: "plural", query: "субсидии", docs: []int{subsidy, income}},
		{name: "capital letters", query: "ПАСПОРТ", docs: []int{passport}},
		{name: "a word of the description only", query: "кредит", docs: []int{income}},
		{name: "a synonym", query: "квартплата", docs: []int{subsidy}},
		{name: "an English word", query: "certificates", docs: []int{income, family}},
		{name: "ё typed as е", query: "учет ребенка", docs: []int{garden}},
		{name: "е typed as ё", query: "замёна паспорта", docs: []int{passport}},
		{name: "one letter missing", query: "спрвка доходы", docs: []int{income}, corrected: "справка доходы"},
		{name: "one letter too many", query: "пасспорт", docs: []int{passport}, corrected: "паспорта"},
		{name: "another letter", query: "сусидия", docs: []int{subsidy}, corrected: "субсидия"},
		{name: "two letters swapped", query: "субисдия", docs: []int{subsidy}, corrected: "субсидия"},
		{name: "two wrong letters in a long word", query: "постоновка рибенка", docs: []int{garden}, corrected: "постановка ребенка"},
		{name: "the first letter wrong", query: "зправка о доходах", docs: []int{income}, corrected: "справка доходах"},
		{name: "Latin layout instead of Russian", query: "cghfdrf j lj[jlf[", docs: []int{income}, corrected: "справка доходах"},
		{name: "Latin layout, letters on punctuation keys", query: ";bkmt", docs: []int{subsidy}, corrected: "жилье"},
		{name: "Latin layout and a wrong letter", query: "cgfdrf lj[jls", docs: []int{income}, corrected: "справка доходы"},
		{name: "Russian layout instead of Latin", query: "зфыызщке", docs: []int{passport}, corrected: "passport"},
		{name: "the beginning of a word", query: "паспо", docs: []int{passport}},
		{name: "the beginning of the last word", query: "справка сост", docs: []int{family}},
		{name: "a code", query: "НС-101", docs: []int{income}},
		{name: "a code without its hyphen, in small letters", query: "сп201", docs: []int{subsidy}},
		{name: "the beginning of a code", query: "аг-30", docs: []int{yard, garden}},
		{name: "a short word is not guessed", query: "жкх", docs: nil},
		{name: "most of the words when none has all", query: "справка состав квитанция", docs: []int{family}},
		{name: "a short stem is not guessed either", query: "zzzz", docs: nil},
		{name: "nonsense", query: "ыфвапролдж", docs: nil},
		{name: "nothing typed", query: "  — ! ", docs: nil},
		{name: "only small words", query: "для и на", docs: nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := index.Find(search.Query{Text: c.query})
			if len(got.Docs) < len(c.docs) || c.docs == nil && got.Total > 0 {
				t.Fatalf("%q found %v", c.query, got.Docs)
			}
			if diff := cmp.Diff(c.docs, got.Docs[:len(c.docs)]); diff != "" && c.docs != nil {
				t.Errorf("%q (-want +got):\n%s", c.query, diff)
			}
			if got.Corrected != c.corrected {
				t.Errorf("%q is said to be %q, want %q", c.query, got.Corrected, c.corrected)
			}
		})
	}
}

func TestFindReturnsOnePageOfWhatIsKept(t *testing.T) {
	t.Parallel()
	docs := make([]search.Doc, 100)
	for i := range docs {
		docs[i].Titles = []string{fmt.Sprintf("Справка номер %d", i)}
	}
	even := func(doc int) bool { return doc%2 == 0 }
	got := search.New(docs).Find(search.Query{Text: "справка", Keep: even, Offset: 20, Limit: 3})
	want := search.Result{Total: 50, Docs: []int{40, 42, 44}, Known: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if past := search.New(docs).Find(search.Query{Text: "справка", Offset: 500, Limit: 20}); past.Total != 100 || len(past.Docs) != 0 {
		t.Errorf("past the end: %+v", past)
	}
}

// Proves: D-02
func TestSuggest(t *testing.T) {
	t.Parallel()
	index := search.New(cards)
	for _, c := range []struct {
		name, typed string
		docs        []int
	}{
		{"one letter: titles that begin with it first", "с", []int{income, subsidy, yard, family, garden}},
		{"two letters", "су", []int{subsidy}},
		{"the second word unfinished", "справка о дох", []int{income}},
		{"the first word inflected", "справки о дох", []int{income}},
		{"ends in a small word", "справка о", []int{income, family}},
		{"words in another order", "доходах спр", []int{income}},
		{"ё", "учёт реб", []int{garden}},
		{"English", "inc", []int{income}},
		{"wrong layout", "cghf", []int{income, family}},
		{"wrong layout, two words", "cghfdrf j lj", []int{income}},
		{"a wrong letter", "сбсиди", []int{subsidy}},
		{"a wrong letter in a whole word", "паспарт", []int{passport}},
		{"a word of no title", "банк", []int{}},
		{"unknown", "ыыыыы", []int{}},
		{"nothing", " ", []int{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := append([]int{}, index.Suggest(c.typed, 5)...)
			if diff := cmp.Diff(c.docs, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", c.typed, diff)
			}
		})
	}
}

func TestAnEmptyIndexFindsNothing(t *testing.T) {
	t.Parallel()
	index := search.New(nil)
	if got := index.Find(search.Query{Text: "справка"}); got.Total != 0 {
		t.Errorf("found %+v", got)
	}
	if got := index.Suggest("с", 5); len(got) != 0 {
		t.Errorf("suggested %v", got)
	}
}

func FuzzFindAndSuggestNeverFail(f *testing.F) {
	index := search.New(cards)
	for _, c := range []string{"справка", "cghfdrf", "\xff\x00", "ё", strings.Repeat("я", 500), strings.Repeat("с ", 300)} {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, text string) {
		index.Find(search.Query{Text: text, Limit: 10})
		index.Suggest(text, 8)
	})
}

// tenThousand makes cards the size of real ones: titles of five words out of
// some thousand, keywords, a description of forty words out of twenty thousand.
func tenThousand() []search.Doc {
	random := rand.New(rand.NewPCG(1, 2))
	syllables := strings.Fields("пас пор та ре бён ок суб си ди я справ ка до ход ка жи льё на лог ме ди цин ра бот стра хов ка зем ля уч ёт")
	word := func(least, most int) string {
		var b strings.Builder
		for range least + random.IntN(most-least+1) {
			b.WriteString(syllables[random.IntN(len(syllables))])
		}
		return b.String()
	}
	vocabulary := make([]string, 20_000)
	for i := range vocabulary {
		vocabulary[i] = word(2, 5)
	}
	text := func(n, of int) string {
		words := make([]string, n)
		for i := range words {
			// Frequent words are much more frequent than rare ones, as in a language.
			words[i] = vocabulary[min(of-1, int(float64(of)*random.Float64()*random.Float64()))]
		}
		return strings.Join(words, " ")
	}
	first := strings.Fields("Справка Субсидия Замена Регистрация Выписка Постановка Запись Сообщение Удостоверение Разрешение")
	docs := make([]search.Doc, 10_000)
	for i := range docs {
		docs[i] = search.Doc{
			Titles: []string{first[i%len(first)] + " о " + text(4, 2_000), "Certificate of " + fmt.Sprint("matter", i%700)},
			Codes:  []string{fmt.Sprintf("НС-%05d", i)},
			Texts:  []search.Text{{Text: text(6, 4_000), Weight: 5}, {Text: text(40, 20_000), Weight: 1}},
		}
	}
	return docs
}

func TestTenThousandCardsTakeAtMostEightMegabytes(t *testing.T) {
	docs := tenThousand()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	index := search.New(docs)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if took := int64(after.HeapAlloc) - int64(before.HeapAlloc); took > 8<<20 {
		t.Errorf("the index takes %d KiB", took>>10)
	}
	runtime.KeepAlive(index)
	runtime.KeepAlive(docs)
}

func BenchmarkNew(b *testing.B) {
	docs := tenThousand()
	for b.Loop() {
		search.New(docs)
	}
}

func BenchmarkSuggest(b *testing.B) {
	index := search.New(tenThousand())
	for _, typed := range []string{"с", "спр", "справка", "справка о пас", "суб", "ребёнок на", "cghf", "спрвк"} {
		b.Run(strings.ReplaceAll(typed, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				index.Suggest(typed, 8)
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	index := search.New(tenThousand())
	for _, text := range []string{"справка", "справка о доходах", "пас", "спрвка дохдка", "cghfdrf", "НС-00042"} {
		b.Run(strings.ReplaceAll(text, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				index.Find(search.Query{Text: text, Limit: 20})
			}
		})
	}
}
