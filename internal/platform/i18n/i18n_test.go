package i18n

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func source(ru, en string) fstest.MapFS {
	return fstest.MapFS{"text.ru.json": {Data: []byte(ru)}, "text.en.json": {Data: []byte(en)}}
}

var (
	moscow = time.FixedZone("MSK", 3*60*60)
	now    = time.Date(2026, 11, 21, 12, 0, 0, 0, moscow)
)

// reading returns contexts of a Russian and an English reader.
func reading(t testing.TB) (ru, en context.Context) {
	t.Helper()
	c, err := NewCatalogue(source(`{
		"x.hello": "Здравствуйте",
		"x.name": "Кабинет для {name}",
		"x.count": {"one": "{n} заявка", "few": "{n} заявки", "many": "{n} заявок"},
		"x.outer": "Статус: {what}",
		"x.stop": "До {until}."
	}`, `{
		"x.hello": "Hello",
		"x.name": "Room for {name}",
		"x.count": {"one": "{n} application", "other": "{n} applications"},
		"x.outer": "Status: {what}",
		"x.stop": "Until {until}."
	}`))
	if err != nil {
		t.Fatal(err)
	}
	return c.With(t.Context(), RU, moscow, now), c.With(t.Context(), EN, moscow, now)
}

// spaced makes no-break spaces visible as "_".
func spaced(s string) string { return strings.ReplaceAll(s, nbsp, "_") }

func TestTextsAreSaidInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	ru, en := reading(t)
	for _, c := range []struct {
		name   string
		ctx    context.Context
		text   Text
		expect string
	}{
		{"plain", ru, K("x.hello"), "Здравствуйте"},
		{"plain in English", en, K("x.hello"), "Hello"},
		{"with a name", ru, K("x.name", "name", "Марии"), "Кабинет для_Марии"},
		{"one", ru, K("x.count", "n", 21), "21_заявка"},
		{"few", ru, K("x.count", "n", 3), "3_заявки"},
		{"many", ru, K("x.count", "n", 11), "11_заявок"},
		{"none", ru, K("x.count", "n", 0), "0_заявок"},
		{"great numbers are parted", ru, K("x.count", "n", int64(1_234_567)), "1_234_567_заявок"},
		{"a year is not parted", ru, K("x.count", "n", 2026), "2026_заявок"},
		{"one in English", en, K("x.count", "n", 1), "1 application"},
		{"21 in English", en, K("x.count", "n", 21), "21 applications"},
		{"a text within a text", en, K("x.outer", "what", K("x.hello")), "Status: Hello"},
		{"words within a text", en, K("x.outer", "what", Words{RU: "Да", EN: "Yes"}), "Status: Yes"},
		{"one stop after an abbreviation", ru, K("x.stop", "until", "2027 г."), "До_2027 г."},
		{"a stop after anything else", ru, K("x.stop", "until", "завтра"), "До_завтра."},
		{"words", en, Words{RU: "Да", EN: "Yes"}.Text(), "Yes"},
		{"words that nobody translated", en, Words{RU: "Да"}.Text(), "Да"},
		{"a missing argument is seen", ru, K("x.outer"), "Статус: {what}"},
		{"a missing key is seen", ru, K("x.nothing"), "x.nothing"},
		{"nothing", ru, Text{}, ""},
		{"nobody reads", t.Context(), K("x.hello"), "x.hello"},
	} {
		if got := spaced(c.text.In(c.ctx)); got != c.expect {
			t.Errorf("%s: %q, want %q", c.name, got, c.expect)
		}
	}
}

func TestAllFaultsOfTextsAreListedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := NewCatalogue(
		source(`{"x.only_ru": "Да", "x.diff": "{a}", "x.forms": {"one": "1", "few": "2"}, "x.twice": "а", "x.twice": "б", "x.empty": " ", "bare": "б"}`,
			`{"x.only_en": "Yes", "x.diff": "{b}", "x.forms": {"one": "1", "some": "2"}, "x.twice": "a", "x.empty": "x", "bare": "b"}`),
		source(`{"x.diff": "{a}", "x.brace": "{"}`, `{"x.brace": "x"}`),
		fstest.MapFS{},
	)
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{
		"text.en.json: x.only_ru: missing", "text.ru.json: x.only_en: missing",
		"x.diff: placeholders differ: [a] in Russian, [b] in English",
		`text.ru.json: x.forms: no plural form "many"`, `unknown plural form "some"`, `no plural form "other"`,
		"x.twice: given twice", "x.diff: given twice", "x.empty: empty text", "bad placeholder", `bare: a key is`, "file does not exist",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q:\n%v", part, err)
		}
	}
}

func TestRussianLinesDoNotBreakAfterAPreposition(t *testing.T) {
	t.Parallel()
	for in, expect := range map[string]string{
		"Войти в кабинет":              "Войти в_кабинет",
		"О портале и о людях":          "О_портале и_о_людях",
		"Ответим до 4 декабря — скоро": "Ответим до_4_декабря_— скоро",
		"Заявление № 2026-001245":      "Заявление №_2026-001245",
		"Файл до 5 МБ, скидка 25 %":    "Файл до_5_МБ, скидка 25_%",
		"Соколова М. А. уже вошла":     "Соколова М._А. уже вошла",
		"Если бы знать, так ли это":    "Если_бы знать, так_ли это",
		"«В городе» (и в селе)":        "«В_городе» (и_в_селе)",
		"2026 г. и 2027 г. прошли":     "2026_г. и_2027_г. прошли",
		"до 2026 г. Ответ":             "до_2026_г. Ответ",
		"слово":                        "слово",
		"Уже до_4_декабря":             "Уже до_4_декабря",
		"Осталось {n} попыток":         "Осталось {n}_попыток",
		"Конец фразы. Начало":          "Конец фразы. Начало",
	} {
		once := Glue(strings.ReplaceAll(in, "_", nbsp))
		if got := spaced(once); got != expect {
			t.Errorf("%q: %q, want %q", in, got, expect)
		}
		if twice := Glue(once); twice != once {
			t.Errorf("%q changes when glued twice: %q", once, twice)
		}
	}
}

func TestWordsOfAFileAreGlued(t *testing.T) {
	t.Parallel()
	var got struct{ Title Words }
	if err := yaml.UnmarshalWithOptions([]byte("title: {ru: Запись в школу, en: School}"), &got, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Words{RU: "Запись в" + nbsp + "школу", EN: "School"}, got.Title); diff != "" {
		t.Error(diff)
	}
	if err := yaml.UnmarshalWithOptions([]byte("title: {ru: Да, de: Ja}"), &got, yaml.Strict()); err == nil {
		t.Error("an unknown language is taken in silence")
	}
}

func TestFormatsOfBothLanguages(t *testing.T) {
	t.Parallel()
	ru, en := reading(t)
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 5, 0, 0, moscow) }
	for _, c := range []struct{ name, got, expect string }{
		{"day of this year", Date(ru, at(4, 9)), "4_ноября"},
		{"day of another year", Date(ru, at(60, 9)), "30_декабря"},
		{"day of next year", Date(ru, at(70, 9)), "9_января_2027_г."},
		{"full day", DateFull(ru, at(4, 9)), "4_ноября_2026_г."},
		{"day in English", DateFull(en, at(4, 9)), "4_November_2026"},
		{"short day", DateShort(ru, at(4, 9)), "04.11.2026"},
		{"short day in English", DateShort(en, at(4, 9)), "4_Nov_2026"},
		{"today", When(ru, at(21, 9)), "сегодня, 09:05"},
		{"yesterday", When(ru, at(20, 23)), "вчера, 23:05"},
		{"tomorrow in English", When(en, at(22, 0)), "tomorrow, 00:05"},
		{"long ago", When(ru, at(19, 11)), "19_ноября, 11:05"},
		{"another zone", When(ru, time.Date(2026, 11, 20, 21, 30, 0, 0, time.UTC)), "сегодня, 00:30"},
		{"weekday", Weekday(ru, at(21, 9)), "суббота, 21_ноября"},
		{"weekday in English", Weekday(en, at(21, 9)), "Saturday, 21_November"},
		{"clock", Clock(ru, at(21, 9)), "09:05"},
		{"money", Money(ru, 304250), "3_042,50_₽"},
		{"round money", Money(ru, 50000), "500_₽"},
		{"full money", MoneyFull(ru, 50000), "500,00_₽"},
		{"negative money", Money(ru, -123456705), "\u22121_234_567,05_₽"},
		{"money in English", Money(en, 304250), "3,042.50_₽"},
		{"number", Number(ru, 1500), "1_500"},
		{"bytes", Bytes(ru, 512), "512_Б"},
		{"kilobytes", Bytes(ru, 640*1024), "640_КБ"},
		{"megabytes", Bytes(ru, 1_887_437), "1,8_МБ"},
		{"round megabytes", Bytes(ru, 5<<20), "5_МБ"},
		{"megabytes in English", Bytes(en, 1_887_437), "1.8_MB"},
		{"almost a megabyte", Bytes(ru, 1<<20-1), "1_МБ"},
		{"phone", Phone("+79000001234"), "+7_900_000-12-34"},
		{"foreign phone", Phone("+491701234567"), "+491701234567"},
		{"masked phone", MaskPhone("+79000001234"), "+7_900_•••-12-34"},
		{"masked e-mail", MaskEmail("мария@example.test"), "м•••@example.test"},
	} {
		if got := spaced(c.got); got != c.expect {
			t.Errorf("%s: %q, want %q", c.name, got, c.expect)
		}
	}
}

func TestTextsAllocateOnlyTheirResult(t *testing.T) {
	ru, _ := reading(t)
	name, n := "Марии", 1234567
	if got := testing.AllocsPerRun(100, func() { T(ru, "x.hello") }); got != 0 {
		t.Errorf("a plain text allocates %v times", got)
	}
	if got := testing.AllocsPerRun(100, func() { T(ru, "x.name", "name", name) }); got > 1 {
		t.Errorf("a text with a name allocates %v times", got)
	}
	if got := testing.AllocsPerRun(100, func() { T(ru, "x.count", "n", n) }); got > 1 {
		t.Errorf("a text with a number allocates %v times", got)
	}
}

func BenchmarkT(b *testing.B) {
	ru, _ := reading(b)
	b.ReportAllocs()
	for b.Loop() {
		T(ru, "x.count", "n", 5)
	}
}
