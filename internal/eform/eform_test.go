package eform

import (
	"context"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/platform/i18n"
)

// day is the today of all tests.
var day = time.Date(2026, 11, 21, 15, 4, 0, 0, time.UTC)

// compile returns the form in a file, which must be right.
func compile(t testing.TB, file string) *Compiled {
	t.Helper()
	f, issues := Parse([]byte(file))
	if issues == nil {
		var c *Compiled
		if c, issues = f.Compile(); issues == nil {
			return c
		}
	}
	for _, i := range issues {
		t.Error(i.Error())
	}
	t.FailNow()
	return nil
}

func passport(t testing.TB) *Compiled {
	t.Helper()
	file, err := os.ReadFile("testdata/passport.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, string(file))
}

// oneStep wraps fields, indented by four, into a form of one step.
func oneStep(fields string) string {
	return "steps:\n- id: only\n  title: {ru: Шаг, en: Step}\n  fields:\n" + fields
}

// speaking returns a context that speaks the language.
func speaking(t testing.TB, lang i18n.Lang) context.Context {
	t.Helper()
	c, err := i18n.NewCatalogue(Texts)
	if err != nil {
		t.Fatal(err)
	}
	return c.With(t.Context(), lang, time.UTC, day)
}

// said returns the problems as "path: text [code]".
func said(t testing.TB, problems []Problem) (texts []string) {
	ctx := speaking(t, i18n.RU)
	for _, p := range problems {
		row := p.Row.In(ctx)
		if row != "" {
			row += ": "
		}
		texts = append(texts, p.Path+": "+strings.ReplaceAll(row+p.Text.In(ctx)+" ["+p.Code+"]", "\u00a0", " "))
	}
	return texts
}

func TestTheExamplesOfAFormHold(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/passport.yaml")
	if err != nil {
		t.Fatal(err)
	}
	form, _ := Parse(file)
	c := passport(t)
	ctx := speaking(t, i18n.RU)
	for _, e := range form.Examples {
		if differs := c.Try(ctx, e); differs != nil {
			t.Errorf("%s: %s", e.Name, strings.Join(differs, "; "))
		}
	}
	wrong := Example{Given: map[string]any{"reason": "lost", "phone": "12"}, Expect: Expectation{
		Errors: map[string]string{"fio.last": "отчество", "reason": ""}, Hidden: []string{"reason"}, Shown: []string{"renamed", "nowhere"}, Values: map[string]any{"small": 3}}}
	got := strings.Join(c.Try(ctx, wrong), "\n")
	for _, want := range []string{"fio.last is refused with", "reason is accepted", "phone is refused", "reason is asked", "renamed is not asked", "nowhere is not asked", `small is "0", not "3"`} {
		if !strings.Contains(got, want) {
			t.Errorf("an example that does not hold says nothing of %q:\n%s", want, got)
		}
	}
}

// Proves: E-03, E-05, E-06, A-12
func TestEveryKindTakesTheGoodAndNamesWhatIsWrongWithTheBad(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ы", 201)
	for name, test := range map[string]struct {
		field string            // its keys besides id, label
		given map[string]string // below "x", "" is the field itself
		want  map[string]string // answers that are sent
		said  []string
	}{
		"text is trimmed":               {"kind: text", map[string]string{"": "  слово \x00"}, map[string]string{"": "слово"}, nil},
		"text that is empty":            {"kind: text", nil, nil, []string{"x: Заполните «Ответ» [required]"}},
		"text that need not be given":   {"kind: text, required: false", nil, nil, nil},
		"text that is too long":         {"kind: text", map[string]string{"": long}, nil, []string{"x: Сократите текст на 1 знак: можно не больше 200 [too_long]"}},
		"text with a limit of its own":  {"kind: text, max: 3", map[string]string{"": "четыре"}, nil, []string{"x: Сократите текст на 3 знака: можно не больше 3 [too_long]"}},
		"lines keep their breaks":       {"kind: textarea", map[string]string{"": "раз\r\nдва"}, map[string]string{"": "раз\nдва"}, nil},
		"number with a comma":           {"kind: number", map[string]string{"": "1 234,50"}, map[string]string{"": "1234.5"}, nil},
		"number that is a word":         {"kind: number", map[string]string{"": "много"}, nil, []string{"x: Укажите число цифрами, например 12,5 [number.shape]"}},
		"number that is not one":        {"kind: number", map[string]string{"": "1e5"}, nil, []string{"x: Укажите число цифрами, например 12,5 [number.shape]"}},
		"number below the least":        {"kind: number, least: 1, most: 2.5", map[string]string{"": "0,5"}, nil, []string{"x: Укажите число не меньше 1 [least]"}},
		"number above the most":         {"kind: number, least: 1, most: 2.5", map[string]string{"": "2,6"}, nil, []string{"x: Укажите число не больше 2,5 [most]"}},
		"whole number":                  {"kind: integer, least: 1, most: 5", map[string]string{"": "5"}, map[string]string{"": "5"}, nil},
		"whole number with a fraction":  {"kind: integer", map[string]string{"": "1,5"}, nil, []string{"x: Укажите целое число цифрами, например 12 [integer.shape]"}},
		"sum with kopecks":              {"kind: money", map[string]string{"": "1 500,5 ₽"}, map[string]string{"": "1500.50"}, nil},
		"sum without":                   {"kind: money", map[string]string{"": "1500.00"}, map[string]string{"": "1500"}, nil},
		"sum with three digits":         {"kind: money", map[string]string{"": "1500,505"}, nil, []string{"x: Укажите сумму в рублях, например 1500 или 1500,50 [money.shape]"}},
		"sum below zero":                {"kind: money", map[string]string{"": "-5"}, nil, []string{"x: Укажите сумму в рублях, например 1500 или 1500,50 [money.shape]"}},
		"sum above the most":            {"kind: money, most: rub(100)", map[string]string{"": "100,01"}, nil, []string{"x: Укажите сумму не больше 100 ₽ [most]"}},
		"date":                          {"kind: date", map[string]string{"": "14.03.1991"}, map[string]string{"": "1991-03-14"}, nil},
		"date with other separators":    {"kind: date", map[string]string{"": "4/3/1991"}, map[string]string{"": "1991-03-04"}, nil},
		"date without separators":       {"kind: date", map[string]string{"": "14031991 г."}, map[string]string{"": "1991-03-14"}, nil},
		"date that is not in the year":  {"kind: date", map[string]string{"": "30.02.2026"}, nil, []string{"x: Укажите дату в виде ДД.ММ.ГГГГ, например 14.03.1991 [date.shape]"}},
		"date of another age":           {"kind: date", map[string]string{"": "14.03.0991"}, nil, []string{"x: Проверьте год: он должен быть не раньше 1900 [date.year]"}},
		"date after the most":           {"kind: date, most: today", map[string]string{"": "22.11.2026"}, nil, []string{"x: Укажите дату не позже 21.11.2026 [most]"}},
		"date on the most":              {"kind: date, most: today", map[string]string{"": "21.11.2026"}, map[string]string{"": "2026-11-21"}, nil},
		"date before the least":         {"kind: date, least: 'addDays(today, 3)'", map[string]string{"": "23.11.2026"}, nil, []string{"x: Укажите дату не раньше 24.11.2026 [least]"}},
		"year":                          {"kind: year", map[string]string{"": "2019"}, map[string]string{"": "2019"}, nil},
		"year of two digits":            {"kind: year", map[string]string{"": "19"}, nil, []string{"x: Укажите год четырьмя цифрами, например 2019 [year.shape]"}},
		"period":                        {"kind: period", map[string]string{"from": "9.2019", "to": "05/2020"}, map[string]string{"from": "2019-09", "to": "2020-05"}, nil},
		"period turned round":           {"kind: period", map[string]string{"from": "09.2020", "to": "05.2020"}, nil, []string{"x.to: Последний месяц раньше первого: поменяйте их местами [period.order]"}},
		"half a period":                 {"kind: period, required: false", map[string]string{"from": "13.2020"}, nil, []string{"x.from: Укажите месяц и год в виде ММ.ГГГГ, например 09.2019 [month.shape]", "x.to: Укажите последний месяц периода [required]"}},
		"yes":                           {"kind: yesno", map[string]string{"": "yes"}, map[string]string{"": "yes"}, nil},
		"no is an answer":               {"kind: yesno", map[string]string{"": "no"}, map[string]string{"": "no"}, nil},
		"neither yes nor no":            {"kind: yesno", map[string]string{"": "maybe"}, nil, []string{"x: Выберите один из предложенных ответов [choice.shape]"}},
		"agreement ticked":              {"kind: checkbox", map[string]string{"": "yes"}, map[string]string{"": "yes"}, nil},
		"agreement not ticked":          {"kind: checkbox", map[string]string{"": ""}, nil, []string{"x: Поставьте отметку: «Ответ» [required]"}},
		"choice":                        {choice, map[string]string{"": "b"}, map[string]string{"": "b"}, nil},
		"choice that is not offered":    {choice, map[string]string{"": "c"}, nil, []string{"x: Выберите один из предложенных ответов [choice]"}},
		"choice not made":               {choice, nil, nil, []string{"x: Выберите ответ: «Ответ» [required]"}},
		"ticks":                         {ticks, map[string]string{"": "b a b"}, map[string]string{"": "b a"}, nil},
		"a tick that is not offered":    {ticks, map[string]string{"": "a z"}, nil, []string{"x: Выберите один из предложенных ответов [choice]"}},
		"too few ticks":                 {ticks + ", least: 2", map[string]string{"": "a"}, nil, []string{"x: Отметьте не меньше 2 ответов [least]"}},
		"too many ticks":                {ticks + ", most: 1", map[string]string{"": "a b"}, nil, []string{"x: Отметьте не больше 1 ответа [most]"}},
		"file":                          {"kind: file", map[string]string{"": "f1", "f1.id": "d1", "f1.name": "a.pdf", "f1.type": "pdf", "f1.size": "10"}, map[string]string{"": "f1", "f1.id": "d1", "f1.name": "a.pdf", "f1.type": "pdf", "f1.size": "10"}, nil},
		"file not attached":             {"kind: file", nil, nil, []string{"x: Приложите файл: «Ответ» [required]"}},
		"too many files":                {"kind: file", map[string]string{"": "f1 f2", "f1.id": "1", "f2.id": "2"}, nil, []string{"x: Оставьте не больше 1 файла [most]"}},
		"name set right":                {"kind: fio", map[string]string{"last": "МАМИН-СИБИРЯК", "first": "дмитрий", "middle": " Наркисович "}, map[string]string{"last": "Мамин-Сибиряк", "first": "Дмитрий", "middle": "Наркисович"}, nil},
		"name with Latin look-alikes":   {"kind: fio", map[string]string{"last": "Cоколова", "first": "Aнна"}, map[string]string{"last": "Соколова", "first": "Анна"}, nil},
		"name shortened":                {"kind: fio", map[string]string{"last": "Соколова", "first": "М."}, nil, []string{"x.first: Напишите полностью, без сокращений и точек, как в паспорте [name.short]"}},
		"name in Latin letters":         {"kind: fio", map[string]string{"last": "Sokolova", "first": "Мар1на"}, nil, []string{"x.last: Напишите русскими буквами, как в паспорте [name.letters]", "x.first: Напишите русскими буквами, как в паспорте [name.letters]"}},
		"name not given":                {"kind: fio", nil, nil, []string{"x.last: Укажите фамилию как в паспорте [required]", "x.first: Укажите имя как в паспорте [required]"}},
		"half a name":                   {"kind: fio, required: false", map[string]string{"last": "Соколова"}, nil, []string{"x.first: Укажите имя как в паспорте [required]"}},
		"phone":                         {"kind: phone", map[string]string{"": "8 (900) 000-12-34"}, map[string]string{"": "+79000001234"}, nil},
		"phone too short":               {"kind: phone", map[string]string{"": "000-12-34"}, nil, []string{"x: Укажите номер телефона с кодом, например +7 900 000-12-34 [phone.length]"}},
		"e-mail":                        {"kind: email", map[string]string{"": "Marina@Example.TEST"}, map[string]string{"": "Marina@example.test"}, nil},
		"e-mail without a domain":       {"kind: email", map[string]string{"": "marina@example"}, nil, []string{"x: Проверьте адрес: он выглядит как name@example.ru [email.shape]"}},
		"СНИЛС":                         {"kind: snils", map[string]string{"": "112-233-445 95"}, map[string]string{"": "11223344595"}, nil},
		"СНИЛС with a slip":             {"kind: snils", map[string]string{"": "112-233-445 96"}, nil, []string{"x: Проверьте СНИЛС: в одной из цифр ошибка [snils.check_digit]"}},
		"СНИЛС cut off":                 {"kind: snils", map[string]string{"": "112-233-445"}, nil, []string{"x: Укажите СНИЛС — 11 цифр, например 112-233-445 95 [snils.length]"}},
		"ИНН":                           {"kind: inn", map[string]string{"": "5001 0073 2259"}, map[string]string{"": "500100732259"}, nil},
		"ИНН with a slip":               {"kind: inn", map[string]string{"": "500100732258"}, nil, []string{"x: Проверьте ИНН: в одной из цифр ошибка [inn.check_digit]"}},
		"ОГРН with a slip":              {"kind: ogrn", map[string]string{"": "1027700132194"}, nil, []string{"x: Проверьте ОГРН: в одной из цифр ошибка [ogrn.check_digit]"}},
		"policy with a slip":            {"kind: oms", map[string]string{"": "6555320880000082"}, nil, []string{"x: Проверьте номер полиса: в одной из цифр ошибка [oms.check_digit]"}},
		"number plate":                  {"kind: plate", map[string]string{"": "a123bc77"}, map[string]string{"": "А123ВС77"}, nil},
		"number plate that cannot be":   {"kind: plate", map[string]string{"": "Б123АА77"}, nil, []string{"x: Укажите номер как на табличке, например А123ВС77 [plate.characters]"}},
		"VIN too short":                 {"kind: vin", map[string]string{"": "XTA210990"}, nil, []string{"x: Укажите VIN — 17 латинских букв и цифр, без I, O и Q [vin.length]"}},
		"papers of a vehicle":           {"kind: vehicle_document", map[string]string{"": "12"}, nil, []string{"x: Укажите серию и номер — 10 знаков, например 12 31 231231 [vehicle_document.length]"}},
		"birth certificate":             {"kind: birth_certificate", map[string]string{"": "11 ал 123456"}, map[string]string{"": "II-АЛ 123456"}, nil},
		"birth certificate in Latin":    {"kind: birth_certificate", map[string]string{"": "II-AL 123456"}, nil, []string{"x: Укажите серию и номер как в свидетельстве, например II-АЛ 123456 [birth_certificate.characters]"}},
		"passport for abroad":           {"kind: foreign_passport", map[string]string{"": "70"}, nil, []string{"x: Укажите серию и номер загранпаспорта — 9 цифр [foreign_passport.length]"}},
		"passport":                      {"kind: passport", map[string]string{"series": "37 51", "number": "379 232", "on": "20.03.2011", "code": "006-006", "by": "ОВД"}, map[string]string{"series": "3751", "number": "379232", "on": "2011-03-20", "code": "006006", "by": "ОВД"}, nil},
		"passport with faults":          {"kind: passport", map[string]string{"series": "37", "number": "379232", "on": "20.03.2011", "code": "006"}, nil, []string{"x.series: Укажите серию паспорта — 4 цифры [series.length]", "x.code: Укажите код подразделения — 6 цифр, например 006-006 [division.length]", "x.by: Укажите, кем выдан паспорт [required]"}},
		"passport of zeros":             {"kind: passport", map[string]string{"series": "0000", "number": "000000", "on": "20.03.2011", "code": "006006", "by": "ОВД"}, nil, []string{"x.number: Укажите номер паспорта — 6 цифр [passport.zeros]"}},
		"passport of tomorrow":          {"kind: passport", map[string]string{"series": "3751", "number": "379232", "on": "22.11.2026", "code": "006006", "by": "ОВД"}, nil, []string{"x.on: Дата выдачи ещё не наступила: проверьте её по паспорту [passport.future]"}},
		"address":                       {"kind: address", map[string]string{"line": "г. Верхнереченск, ул. Садовая, д. 12"}, map[string]string{"line": "г. Верхнереченск, ул. Садовая, д. 12"}, nil},
		"address not given":             {"kind: address", nil, nil, []string{"x.line: Укажите адрес: населённый пункт, улица, дом, квартира [required]"}},
		"account":                       {"kind: bank", map[string]string{"bik": "044525225", "account": "4081 7810 7000 0000 0001"}, map[string]string{"bik": "044525225", "account": "40817810700000000001"}, nil},
		"account of another bank":       {"kind: bank", map[string]string{"bik": "044525225", "account": "40817810800000000001"}, nil, []string{"x.account: Проверьте номер счёта и БИК: они не подходят друг к другу [account.check_digit]"}},
		"account cut off":               {"kind: bank", map[string]string{"bik": "04452522", "account": "4081781080000000000"}, nil, []string{"x.bik: Укажите БИК банка — 9 цифр [bik.length]", "x.account: Укажите номер счёта — 20 знаков [account.length]"}},
		"the author's word for missing": {"kind: fio, missing: {ru: Представьтесь, en: Say who you are}", nil, nil, []string{"x.last: Представьтесь [required]"}},
		"the author's rule":             {`kind: text, check: [{that: "x.size() > 2", say: {ru: Коротко, en: Short}}]`, map[string]string{"": "аб"}, nil, []string{"x: Коротко [rule]"}},
		"a rule that fails":             {`kind: integer, check: [{that: "10 / x > 2", say: {ru: Не делится, en: Cannot divide}}]`, map[string]string{"": "0"}, nil, []string{"x: Не делится [rule]"}},
		"no rule for what is not given": {`kind: text, required: false, check: [{that: "x.size() > 2", say: {ru: Коротко, en: Short}}]`, map[string]string{"": ""}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := compile(t, oneStep("  - {id: x, label: {ru: Ответ, en: Answer}, "+test.field+"}\n"))
			below := func(m map[string]string) Answers {
				a := Answers{}
				for k, v := range m {
					a[strings.TrimSuffix("x."+k, ".")] = v
				}
				return a
			}
			typed := below(test.given)
			before := maps.Clone(typed)
			final, problems := c.State(typed, Env{Today: day}).Final()
			if diff := cmp.Diff(test.said, said(t, problems)); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
			if test.said == nil {
				if diff := cmp.Diff(below(test.want), final); diff != "" {
					t.Errorf("sent (-want +got):\n%s", diff)
				}
				again, problems := c.State(final, Env{Today: day}).Final()
				if diff := cmp.Diff(final, again); diff != "" || problems != nil {
					t.Errorf("reading what was sent gives something else: %s %v", diff, said(t, problems))
				}
			}
			if diff := cmp.Diff(before, typed); diff != "" {
				t.Errorf("checking changed what was typed: %s", diff)
			}
		})
	}
}

const (
	options = ", options: [{value: a, label: {ru: А, en: A}}, {value: b, label: {ru: Б, en: B}}]"
	choice  = "kind: choice" + options
	ticks   = "kind: multichoice" + options
)

func TestConditionsAreMetOnlyByAnswersThatAreGivenAndShown(t *testing.T) {
	t.Parallel()
	c := passport(t)
	for name, test := range map[string]struct {
		given Answers
		shown string
	}{
		"nothing answered":                      {nil, "reason fio born birthplace phone children small agree"},
		"a condition met":                       {Answers{"reason": "age"}, "reason renamed fio born birthplace phone children small agree"},
		"a condition on a condition":            {Answers{"reason": "age", "renamed": "yes"}, "reason renamed certificate fio born birthplace phone children small agree"},
		"a hidden answer meets no condition":    {Answers{"reason": "lost", "renamed": "yes"}, "reason fio born birthplace phone children small agree"},
		"an answer that cannot be read is none": {Answers{"reason": "age", "renamed": "ja"}, "reason renamed fio born birthplace phone children small agree"},
		"what is calculated can be asked for":   {Answers{"children": "r1", "children.r1.birth": "2025-01-01"}, "reason fio born birthplace phone children small note agree"},
		"a row not filled in leaves it open":    {Answers{"children": "r1 r2", "children.r1.birth": "2025-01-01"}, "reason fio born birthplace phone children small agree"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.State(test.given, Env{Today: day})
			var shown []string
			for _, f := range c.fields {
				if s.Shown(f.id) {
					shown = append(shown, f.id)
				}
			}
			if diff := cmp.Diff(test.shown, strings.Join(shown, " ")); diff != "" {
				t.Error(diff)
			}
			if err := s.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestHiddenAnswersAreNotSent(t *testing.T) {
	t.Parallel()
	c := passport(t)
	a := Answers{"reason": "lost", "renamed": "yes", "certificate": "f1", "certificate.f1.id": "d", "birthplace": "гор. Верхнереченск", "phone": "8 900 000-12-34", "agree": "yes",
		"fio.last": "Подложный", "fio.first": "Пётр", "nothing": "of this form", "children": "", "children.r9.name.last": "Удалён"}
	facts := Facts{"person.fio.last": "Соколова", "person.fio.first": "Марина", "person.fio.middle": "Андреевна", "person.birth_date": "1991-03-14"}
	final, problems := c.State(a, Env{Today: day, Facts: facts}).Final()
	if problems != nil {
		t.Fatal(said(t, problems))
	}
	want := Answers{"reason": "lost", "fio.last": "Соколова", "fio.first": "Марина", "fio.middle": "Андреевна", "born": "1991-03-14",
		"birthplace": "гор. Верхнереченск", "phone": "+79000001234", "small": "0", "agree": "yes"}
	if diff := cmp.Diff(want, final); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Proves: E-04
func TestWhatIsKnownIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	c := passport(t)
	facts := Facts{"person.fio.last": "Соколова", "person.fio.first": "Марина", "person.birth_date": "1991-03-14", "person.phone": "+79000001234"}
	given := Answers{"reason": "lost", "birthplace": "гор. Верхнереченск", "agree": "yes"}
	s := c.State(given, Env{Today: day, Facts: facts})
	if problems := s.CheckAll(); problems != nil {
		t.Error(said(t, problems))
	}
	ctx := speaking(t, i18n.RU)
	got := map[string]string{}
	for _, section := range s.Summary() {
		for _, it := range section.Items {
			line := strings.ReplaceAll(strings.Join(it.Lines(ctx), " / "), "\u00a0", " ")
			if it.Profile {
				line += " (из профиля)"
			}
			got[it.Path] = line
		}
	}
	want := map[string]string{"reason": "Потерян", "fio": "Соколова Марина (из профиля)", "born": "14.03.1991 (из профиля)", "birthplace": "гор. Верхнереченск",
		"phone": "+7 900 000-12-34 (из профиля)", "small": "0", "agree": "Да"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	// An editable fact may be changed, even emptied; a fact that cannot be read is asked for.
	given["phone"] = ""
	facts["person.birth_date"] = "давно"
	if diff := cmp.Diff([]string{"born: Укажите дату в виде ДД.ММ.ГГГГ, например 14.03.1991 [date.shape]", "phone: Укажите номер телефона: «Телефон для связи» [required]"},
		said(t, c.State(given, Env{Today: day, Facts: facts}).CheckAll())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRowsAreCheckedEachByItself(t *testing.T) {
	t.Parallel()
	c := passport(t)
	a := c.Answers(map[string]any{"reason": "lost", "birthplace": "гор. В", "phone": "+79000001234", "agree": true, "fio": map[string]any{"last": "Ы", "first": "Ю"}, "born": "14.03.1991",
		"children": []any{
			map[string]any{"name": map[string]any{"last": "Соколов", "first": "Пётр"}, "birth": "01.05.2016", "school": "№ 3"},
			map[string]any{"name": map[string]any{"last": "Соколов", "first": "Иван"}, "birth": "01.05.2000"},
			map[string]any{"name": map[string]any{"last": "Соколова", "first": "Анна"}, "birth": "01.05.2015"},
			map[string]any{},
		}})
	want := []string{
		"children.r2.birth: Ребёнок 2: Укажите ребёнка младше 18 лет [rule]",
		"children.r3.school: Ребёнок 3: Заполните «Школа» [required]",
		"children.r4.name.last: Ребёнок 4: Укажите фамилию как в паспорте [required]",
		"children.r4.name.first: Ребёнок 4: Укажите имя как в паспорте [required]",
		"children.r4.birth: Ребёнок 4: Укажите дату: «Дата рождения» [required]",
	}
	if diff := cmp.Diff(want, said(t, c.State(a, Env{Today: day}).CheckAll())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a.Detach("children", "r2")
	a.Detach("children", "r4")
	a["children.r3.school"] = "№ 3"
	s := c.State(a, Env{Today: day})
	if problems := s.CheckAll(); problems != nil {
		t.Error(said(t, problems))
	}
	if s.Value("children.r2.birth") != "" || s.Value("children.r3.name.full") != "Соколова Анна" || s.Value("children") != "r1 r3" {
		t.Error("rows did not move up")
	}
}

func TestGroupsStandInEachOther(t *testing.T) {
	t.Parallel()
	c := compile(t, oneStep(`
  - id: houses
    kind: group
    label: {ru: Дома, en: Houses}
    row: {ru: Дом, en: House}
    add: {ru: Добавить дом, en: Add a house}
    fields:
    - {id: area, kind: number, label: {ru: Площадь, en: Area}}
    - id: people
      kind: group
      label: {ru: Жильцы, en: People}
      row: {ru: Жилец, en: Person}
      add: {ru: Добавить жильца, en: Add a person}
      least: 1
      fields:
      - {id: share, kind: integer, label: {ru: Доля, en: Share}, least: 1, check: [{that: "double(row.share) <= outer.area", say: {ru: Больше дома, en: More than the house}}]}
      - {id: nr, kind: calculated, label: {ru: Номер, en: Number}, value: "outer.number * 10 + row.number", as: integer}
  - {id: total, kind: calculated, as: integer, label: {ru: Всего, en: Total}, value: "sum(houses.map(h, sum(h.people.map(p, p.share))))"}
`))
	a := c.Answers(map[string]any{"houses": []any{
		map[string]any{"area": "50", "people": []any{map[string]any{"share": 20}, map[string]any{"share": 30}}},
		map[string]any{"area": "40", "people": []any{map[string]any{"share": 41}}},
		map[string]any{"area": "1"},
		map[string]any{"area": "1", "people": []any{}},
	}})
	s := c.State(a, Env{Today: day})
	want := []string{"houses.r2.people.r1.share: Жилец 1: Больше дома [rule]", "houses.r3.people.r1.share: Жилец 1: Укажите число: «Доля» [required]", "houses.r4.people: Дом 4: Добавьте хотя бы одну запись: «Жильцы» [required]"}
	if diff := cmp.Diff(want, said(t, s.CheckAll())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Value("total") != "" || s.Value("houses.r2.people.r1.nr") != "21" {
		t.Errorf("calculated %q and %q", s.Value("total"), s.Value("houses.r2.people.r1.nr"))
	}
}

func TestFunctionsCountDaysAsPeopleDo(t *testing.T) {
	t.Parallel()
	c := compile(t, oneStep("  - {id: d, kind: date, label: {ru: Д, en: D}}\n  - {id: n, kind: integer, required: false, label: {ru: Ч, en: N}}\n"))
	for source, want := range map[string]int64{
		"age(date('2008-11-21'))":                                          18,
		"age(date('2008-11-22'))":                                          17,
		"age(date('2008-02-29'), date('2026-02-28'))":                      17,
		"age(date('2008-02-29'), date('2026-03-01'))":                      18,
		"monthsBetween(date('2026-01-31'), date('2026-02-28'))":            0,
		"monthsBetween(date('2025-01-31'), date('2026-03-31'))":            14,
		"daysBetween(date('2026-11-20'), today)":                           1,
		"daysBetween(today, addMonths(date('2026-01-31'), 1))":             -266,
		"daysBetween(date('2027-02-28'), addYears(date('2024-02-29'), 3))": 0,
		"yearsBetween(date('2000-01-01'), today)":                          26,
		"yearOf(today)":                   2026,
		"rub(3)":                          300,
		"sum([1, 2, 3])":                  6,
		"orElse(n, 7)":                    7,
		"given(n) ? 1 : given(d) ? 2 : 3": 2,
		"age(d)":                          35,
	} {
		r, issues := c.Rule(Expr{Source: source}, "fee", RuleInt)
		if issues != nil {
			t.Errorf("%s: %v", source, issues)
			continue
		}
		if got, ok := c.State(Answers{"d": "1991-03-14"}, Env{Today: day}).Int(r); !ok || got != want {
			t.Errorf("%s is %d, %v, want %d", source, got, ok, want)
		}
	}
	if _, issues := c.Rule(Expr{Source: "d == 'x'", Line: 7, Column: 3}, "fee", RuleBool); len(issues) != 1 || issues[0].Line != 7 {
		t.Errorf("a wrong rule gives %v", issues)
	}
	r, _ := c.Rule(Expr{Source: "n + 1"}, "fee", RuleInt)
	if _, ok := c.State(nil, Env{Today: day}).Int(r); ok {
		t.Error("a rule over an answer not given gives something")
	}
}

// A runaway expression is stopped by its cost and counts as a failed check.
func TestARunawayExpressionIsStopped(t *testing.T) {
	t.Parallel()
	ten := "[0,1,2,3,4,5,6,7,8,9]"
	rule := ten + ".all(a, " + ten + ".all(b, " + ten + ".all(c, " + ten + ".all(d, " + ten + ".all(e, a + b + c + d + e + n >= 0)))))"
	c := compile(t, oneStep("  - {id: n, kind: integer, label: {ru: Ч, en: N}, check: [{that: '"+rule+"', say: {ru: Нет, en: No}}]}\n"))
	s := c.State(Answers{"n": "1"}, Env{Today: day})
	start := time.Now()
	if diff := cmp.Diff([]string{"n: Нет [rule]"}, said(t, s.CheckAll())); diff != "" {
		t.Error(diff)
	}
	if s.Err() == nil || strings.Contains(s.Err().Error(), "1") && !strings.Contains(s.Err().Error(), "steps[0]") {
		t.Errorf("the failure is told as %v", s.Err())
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}
