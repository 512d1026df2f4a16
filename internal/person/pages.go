package person

import (
	"context"
	"strconv"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/person/ident"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

type profile struct {
	Account        account.Account
	Person         Person
	Phone          string
	Email          string
	EmailConfirmed bool
	Saved          bool
}

// missing tells what the next level needs, zero when nothing.
func (p *profile) missing() i18n.Text {
	if p.Account.Level == account.Simplified {
		return i18n.K("person.next_standard")
	}
	return i18n.Text{}
}

func (p *profile) tag(part Part) ui.Tag {
	empty := same(part, p.Person, Person{})
	switch {
	case p.Person.Is(part):
		return ui.Tag{Text: i18n.K("person.mark_verified"), Tone: ui.Success}
	case empty:
		return ui.Tag{Text: i18n.K("person.mark_empty")}
	}
	return ui.Tag{Text: i18n.K("person.mark_typed"), Tone: ui.Info, Icon: "pencil"}
}

func (p *profile) level() ui.Tag {
	tone, icon := ui.Info, "user"
	if p.Account.Level == account.Confirmed {
		tone, icon = ui.Success, "shield-check"
	}
	return ui.Tag{Text: i18n.K(p.Account.Level.Text()), Tone: tone, Icon: icon}
}

func (p *profile) pairs(ctx context.Context, part Part) []ui.Pair {
	q := p.Person
	day := func(canonical string) string {
		t, err := time.Parse(time.DateOnly, canonical)
		if err != nil {
			return ""
		}
		return i18n.DateFull(ctx, t.Add(12*time.Hour)) // noon is the same day in every zone of Russia
	}
	switch part {
	case Identity:
		sex := ""
		if q.Sex != "" {
			sex = i18n.T(ctx, "person.sex_"+string(q.Sex))
		}
		return []ui.Pair{{Label: i18n.K("person.fio"), Value: q.FullName()}, {Label: i18n.K("person.birth_date"), Value: day(q.BirthDate)},
			{Label: i18n.K("person.birth_place"), Value: q.BirthPlace}, {Label: i18n.K("person.sex"), Value: sex}}
	case Passport:
		return []ui.Pair{{Label: i18n.K("person.passport_number"), Value: passportNumber(q), Num: true},
			{Label: i18n.K("person.issued_on"), Value: day(q.PassportIssuedOn)}, {Label: i18n.K("person.issued_by"), Value: q.PassportIssuedBy},
			{Label: i18n.K("person.division"), Value: ident.FormatDivisionCode(q.DivisionCode), Num: true}}
	case Numbers:
		return []ui.Pair{{Label: i18n.K("person.snils"), Value: ident.FormatSNILS(q.SNILS), Num: true}, {Label: i18n.K("person.inn"), Value: q.INN, Num: true}}
	default:
		return []ui.Pair{{Label: i18n.K("person.address"), Value: q.Address}, {Label: i18n.K("person.address_actual"), Value: q.ActualAddress}}
	}
}

// editForm is the form of one part.
type editForm struct {
	Part    Part
	Version int64
	Notice  i18n.Text
	list    []*web.Field
	Sex     web.Field // only of Identity
}

func (f *editForm) fields() []*web.Field {
	if f.Part == Identity {
		return append([]*web.Field{&f.Sex}, f.list...)
	}
	return f.list
}

func (f *editForm) version() string { return strconv.FormatInt(f.Version, 10) }

func newEditForm(part Part, p Person, now func() time.Time) *editForm {
	f := &editForm{Part: part, Version: p.version}
	add := func(name, value string, optional bool, check func(string) i18n.Text) *web.Field {
		field := &web.Field{Name: name, Label: i18n.K("person." + name), Value: value, Optional: optional, Check: check}
		f.list = append(f.list, field)
		return field
	}
	switch part {
	case Identity:
		add("surname", p.Surname, false, account.CheckName)
		add("name", p.Name, false, account.CheckName)
		add("patronymic", p.Patronymic, true, account.CheckName)
		add("birth_date", showDate(p.BirthDate), true, pastDate(now)).Hint = i18n.K("person.date_hint")
		add("birth_place", p.BirthPlace, true, nil)
		f.Sex = web.Field{Name: "sex", Label: i18n.K("person.sex"), Value: string(p.Sex), Optional: true, Check: func(v string) i18n.Text {
			if Sex(v) != Female && Sex(v) != Male {
				return i18n.K("person.sex_wrong")
			}
			return i18n.Text{}
		}}
	case Passport:
		add("passport_series", p.PassportSeries, true, checkPassport(4, "person.series_wrong"))
		add("passport_number", p.PassportNumber, true, checkPassport(6, "person.number_wrong"))
		add("issued_on", showDate(p.PassportIssuedOn), true, pastDate(now)).Hint = i18n.K("person.date_hint")
		add("issued_by", p.PassportIssuedBy, true, nil)
		add("division", ident.FormatDivisionCode(p.DivisionCode), true, checkDivision).Hint = i18n.K("person.division_hint")
	case Numbers:
		add("snils", ident.FormatSNILS(p.SNILS), true, checkSNILS).Hint = i18n.K("person.snils_hint")
		add("inn", p.INN, true, checkINN).Hint = i18n.K("person.inn_hint")
	default:
		add("address", p.Address, true, nil).Hint = i18n.K("person.address_hint")
		add("address_actual", p.ActualAddress, true, nil).Hint = i18n.K("person.address_actual_hint")
	}
	return f
}

func (f *editForm) value(name string) string {
	for _, field := range f.list {
		if field.Name == name {
			return field.Value
		}
	}
	return ""
}

// agrees checks what no single field can tell: a passport is given whole, and
// no paper is older than its holder.
func (f *editForm) agrees() bool {
	if f.Part != Passport || f.value("passport_series")+f.value("passport_number")+f.value("issued_on") == "" {
		return true
	}
	ok := true
	for _, field := range f.list {
		if field.Value == "" && (field.Name == "passport_series" || field.Name == "passport_number" || field.Name == "issued_on") {
			field.Error, ok = i18n.K("person.passport_whole"), false
		}
	}
	if _, _, err := ident.ParsePassport(f.value("passport_series"), f.value("passport_number")); ok && err != nil {
		f.list[0].Error, ok = i18n.K("person.series_wrong"), false
	}
	return ok
}

// person returns the typed values in canonical form; the checks let them pass.
func (f *editForm) person() (p Person) {
	switch f.Part {
	case Identity:
		p.Surname, p.Name, p.Patronymic, p.BirthPlace, p.Sex = f.value("surname"), f.value("name"), f.value("patronymic"), f.value("birth_place"), Sex(f.Sex.Value)
		p.BirthDate, _ = parseDate(f.value("birth_date"))
	case Passport:
		p.PassportSeries, p.PassportNumber, _ = ident.ParsePassport(f.value("passport_series"), f.value("passport_number"))
		p.PassportIssuedOn, _ = parseDate(f.value("issued_on"))
		p.PassportIssuedBy = f.value("issued_by")
		p.DivisionCode, _ = ident.ParseDivisionCode(f.value("division"))
	case Numbers:
		p.SNILS, _ = ident.ParseSNILS(f.value("snils"))
		p.INN, _ = ident.ParsePersonINN(f.value("inn"))
	case Home:
		p.Address, p.ActualAddress = f.value("address"), f.value("address_actual")
	}
	return p
}

// input says how a field of the form is typed.
func input(f *web.Field) ui.Input {
	switch f.Name {
	case "surname":
		return ui.Input{Complete: "family-name"}
	case "name":
		return ui.Input{Complete: "given-name"}
	case "patronymic":
		return ui.Input{Complete: "additional-name"}
	case "birth_date":
		return ui.Input{Mode: "numeric", Width: "s", Pattern: "date", Complete: "bday"}
	case "issued_on":
		return ui.Input{Mode: "numeric", Width: "s", Pattern: "date"}
	case "passport_series", "passport_number", "division":
		return ui.Input{Mode: "numeric", Width: "s"}
	case "snils", "inn":
		return ui.Input{Mode: "numeric", Width: "m"}
	case "address":
		return ui.Input{Complete: "street-address"}
	}
	return ui.Input{}
}

func more(p profile, part Part) ui.Link {
	if p.Person.Is(part) {
		return ui.Link{}
	}
	return ui.Link{Href: "/profile/" + part.path(), Text: i18n.K("ui.change"), Icon: "pencil"}
}

func columns() []ui.Column {
	return []ui.Column{{Title: i18n.K("person.history_when")}, {Title: i18n.K("person.history_what")}, {Title: i18n.K("person.history_by")}}
}

func passportNumber(p Person) string {
	if p.PassportNumber == "" {
		return ""
	}
	return ident.FormatPassport(p.PassportSeries, p.PassportNumber)
}
