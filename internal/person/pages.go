package person

import (
	"context"
	"slices"
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
	Agrees         bool // to keep what only a consent allows
	AskContacts    bool
	Settings       Settings
	now            time.Time
}

// missing tells what the next level needs, zero when nothing.
func (p *profile) missing() i18n.Text {
	if p.Account.Level != account.Confirmed {
		return i18n.K("person.next_standard")
	}
	return i18n.Text{}
}

func (p *profile) tag(part Part) ui.Tag {
	empty := p.empty(part)
	switch {
	case !empty && part == Passport && p.Person.outdated(part, p.now):
		return ui.Tag{Text: i18n.K("person.mark_exchange"), Tone: ui.Warning}
	case !empty && p.Person.outdated(part, p.now):
		return ui.Tag{Text: i18n.K("person.mark_outdated"), Tone: ui.Danger}
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
	case Home:
		return []ui.Pair{{Label: i18n.K("person.address"), Value: q.Address}, {Label: i18n.K("person.address_actual"), Value: q.ActualAddress}}
	}
	var pairs []ui.Pair
	for _, d := range data(part, nil) {
		value := *d.in(&q)
		switch {
		case value == "":
		case d.day:
			value = day(value)
		case d.options != nil:
			value = i18n.T(ctx, "person."+d.name+"_"+value)
		case d.show != nil:
			value = d.show(value)
		}
		pairs = append(pairs, ui.Pair{Label: i18n.K("person." + d.name), Value: value, Num: d.digits})
	}
	return pairs
}

// editForm is the form of one part.
type editForm struct {
	Part    Part
	Version int64
	Notice  i18n.Text
	list    []*web.Field
	Sex     web.Field // only of Identity
	data    []datum   // behind the fields of parts that only the holder keeps
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
	case Home:
		add("address", p.Address, true, nil).Hint = i18n.K("person.address_hint")
		add("address_actual", p.ActualAddress, true, nil).Hint = i18n.K("person.address_actual_hint")
	}
	f.data = data(part, now)
	for _, d := range f.data {
		value := *d.in(&p)
		switch {
		case d.day:
			value = showDate(value)
		case d.show != nil:
			value = d.show(value)
		}
		field := add(d.name, value, true, d.check)
		if d.options != nil {
			field.Check = oneOf(d.options)
		}
		switch {
		case d.hinted:
			field.Hint = i18n.K("person." + d.name + "_hint")
		case d.day:
			field.Hint = i18n.K("person.date_hint")
		}
	}
	return f
}

// oneOf checks a choice.
func oneOf(options []string) func(string) i18n.Text {
	return func(v string) i18n.Text {
		if !slices.Contains(options, v) {
			return i18n.K("person.choice_wrong")
		}
		return i18n.Text{}
	}
}

// options are what a field may be chosen from, nil for one that is typed.
func (f *editForm) options(field *web.Field) []ui.Option {
	for _, d := range f.data {
		if d.name != field.Name || d.options == nil {
			continue
		}
		list := []ui.Option{{Text: i18n.K("person.choice_none")}}
		for _, o := range d.options {
			list = append(list, ui.Option{Value: o, Text: i18n.K("person." + d.name + "_" + o)})
		}
		return list
	}
	return nil
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
	if f.Part == Policy {
		return f.policyAgrees()
	}
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
	for _, d := range f.data {
		value := f.value(d.name)
		switch {
		case value == "":
		case d.day:
			value, _ = parseDate(value)
		case d.parse != nil:
			value, _ = d.parse(value)
		}
		*d.in(&p) = value
	}
	return p
}

// policyAgrees checks that a series goes with the number of an old policy and
// with no other. Source: B-25.
func (f *editForm) policyAgrees() bool {
	series, number := f.list[0], f.list[1]
	switch n := len(spaced(number.Value)); {
	case number.Value == "" && series.Value != "":
		number.Error = i18n.K("person.policy_number_missing")
	case series.Value == "" && n == 10:
		series.Error = i18n.K("person.policy_series_missing")
	case series.Value != "" && n == 16:
		series.Error = i18n.K("person.policy_series_idle")
	default:
		return true
	}
	return false
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
	case "abroad_issued_on", "abroad_until", "licence_issued_on", "licence_until", "relative_birth", "relative_issued_on":
		return ui.Input{Mode: "numeric", Width: "s", Pattern: "date"}
	case "policy_series", "abroad_number", "licence_number":
		return ui.Input{Width: "s"}
	case "policy_number", "ogrnip", "relative_snils", "relative_policy":
		return ui.Input{Mode: "numeric", Width: "m"}
	case "passport_series", "passport_number", "division":
		return ui.Input{Mode: "numeric", Width: "s"}
	case "snils", "inn":
		return ui.Input{Mode: "numeric", Width: "m"}
	case "address":
		return ui.Input{Complete: "street-address"}
	}
	return ui.Input{}
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

// historyView is a page of the history.
type historyView struct {
	Part Part // only of this one; "" is all
	List []Change
	More string // address of older lines
}

func (h historyView) filter() *web.Field {
	return &web.Field{Name: "part", Label: i18n.K("person.history_what"), Value: string(h.Part)}
}

// parts are what the history can be narrowed down to.
func (historyView) parts() []ui.Option {
	options := []ui.Option{{Text: i18n.K("person.history_all")}}
	for _, part := range append(slices.Clone(editable), Family) {
		options = append(options, ui.Option{Value: string(part), Text: partText(part)})
	}
	return options
}
