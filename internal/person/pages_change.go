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

// attention is what the holder should look at before an application is sent.
// Source: B-19, B-20.
func (p *profile) attention() (texts []i18n.Text) {
	for _, part := range editable {
		if !p.Person.outdated(part, p.now) {
			continue
		}
		key := "person.attention_outdated"
		if part == Passport {
			key = "person.attention_exchange"
		}
		texts = append(texts, i18n.K(key, "part", partText(part)))
	}
	if !p.Account.Phone || !p.Account.Email {
		texts = append(texts, i18n.K("person.attention_contacts"))
	}
	if p.AskContacts {
		texts = append(texts, i18n.K("person.attention_ask"))
	}
	return texts
}

// empty reports whether nothing is known of a part.
func (p *profile) empty(part Part) bool { return same(part, p.Person, Person{}) }

// verb is what the button of a part says.
func (p *profile) verb(part Part) i18n.Text {
	if p.empty(part) {
		return i18n.K("person.add")
	}
	return i18n.K("ui.change")
}

// reviewPath begins the pages where a change of verified data is asked for; the
// name of the part follows.
const reviewPath = "/profile/identity/change/"

// unverified reports whether there is something to fill in in one go.
func (p *profile) unverified() bool { return len(unverified(p.Person)) > 0 }

func unverified(p Person) (parts []Part) {
	for _, part := range Parts {
		if !p.Is(part) {
			parts = append(parts, part)
		}
	}
	return parts
}

func (r Relative) icon() string {
	if r.Kin == Child {
		return "baby"
	}
	return "users"
}

// note is what is known of a relative, short.
func (r Relative) note(ctx context.Context) string {
	if r.BirthDate == "" {
		return ""
	}
	return i18n.T(ctx, "person.born", "day", dayText(ctx, r.BirthDate))
}

// dayText is a day in words, "" for none.
func dayText(ctx context.Context, canonical string) string {
	t, err := time.Parse(time.DateOnly, canonical)
	if err != nil {
		return ""
	}
	return i18n.DateFull(ctx, t.Add(12*time.Hour)) // noon is the same day in every zone of Russia
}

// changeForm asks for parts of the profile, or for a relative.
type changeForm struct {
	Title  i18n.Text
	Action string
	Notice i18n.Text
	Parts  []*editForm
	list   []*web.Field // of a relative
	kin    Kin
	id     string // of the relative, "" for a new one
	at     int64  // version of the data shown
}

func (f *changeForm) version() string { return strconv.FormatInt(f.at, 10) }

func (f *changeForm) fields() (all []*web.Field) {
	for _, part := range f.Parts {
		all = append(all, part.fields()...)
	}
	return append(all, f.list...)
}

// agrees checks what no single field can tell.
func (f *changeForm) agrees() bool {
	ok := true
	for _, part := range f.Parts {
		ok = part.agrees() && ok
	}
	return ok
}

func newPartForm(part Part, p Person, now func() time.Time) *changeForm {
	return &changeForm{Title: partText(part), Action: "/profile/" + part.path(), Parts: []*editForm{newEditForm(part, p, now)}, at: p.version}
}

// newPersonalForm asks for everything of a person that was not verified.
func newPersonalForm(p Person, now func() time.Time) *changeForm {
	f := &changeForm{Title: i18n.K("person.fill_all"), Action: "/profile/personal", at: p.version}
	for _, part := range unverified(p) {
		f.Parts = append(f.Parts, newEditForm(part, p, now))
	}
	return f
}

func newRelativeForm(p Person, r Relative, now func() time.Time) *changeForm {
	f := &changeForm{Title: i18n.K("person.kin_" + string(r.Kin)), Action: "/profile/family/" + r.ID, kin: r.Kin, id: r.ID, at: p.version}
	if r.ID == "" {
		f.Title, f.Action = i18n.K("person.add_"+string(r.Kin)), "/profile/family/new?kin="+string(r.Kin)
	}
	add := func(name, label, value string, check func(string) i18n.Text) *web.Field {
		field := &web.Field{Name: "relative_" + name, Label: i18n.K("person." + label), Value: value, Optional: true, Check: check}
		f.list = append(f.list, field)
		return field
	}
	add("surname", "surname", r.Surname, account.CheckName).Optional = false
	add("name", "name", r.Name, account.CheckName).Optional = false
	add("patronymic", "patronymic", r.Patronymic, account.CheckName)
	add("birth", "birth_date", showDate(r.BirthDate), pastDate(now)).Hint = i18n.K("person.date_hint")
	add("snils", "snils", ident.FormatSNILS(r.SNILS), checkSNILS).Hint = i18n.K("person.snils_hint")
	add("policy", "relative_policy", r.Policy, func(typed string) i18n.Text {
		_, err := ident.ParseOMS(typed)
		return reason("policy", err)
	})
	if r.Kin == Child {
		add("certificate", "certificate", r.Certificate, checkCertificate).Hint = i18n.K("person.certificate_hint")
		add("issued_on", "certificate_issued_on", showDate(r.IssuedOn), pastDate(now)).Hint = i18n.K("person.date_hint")
		add("issued_by", "certificate_issued_by", r.IssuedBy, nil)
	}
	return f
}

// relative returns the typed values in canonical form; the checks let them pass.
func (f *changeForm) relative() Relative {
	value := func(name string) string {
		for _, field := range f.list {
			if field.Name == "relative_"+name {
				return field.Value
			}
		}
		return ""
	}
	r := Relative{ID: f.id, Kin: f.kin, Surname: value("surname"), Name: value("name"), Patronymic: value("patronymic"), IssuedBy: value("issued_by")}
	r.BirthDate, _ = parseDate(value("birth"))
	r.IssuedOn, _ = parseDate(value("issued_on"))
	r.SNILS, _ = ident.ParseSNILS(value("snils"))
	r.Policy, _ = ident.ParseOMS(value("policy"))
	r.Certificate, _ = ident.ParseBirthCertificate(value("certificate"))
	return r
}

// proposal is the change that was typed.
func (f *changeForm) proposal(version int64) Proposal {
	c := Proposal{Version: version}
	if f.kin != "" {
		c.Relative = f.relative()
		return c
	}
	for _, part := range f.Parts {
		c.Parts = append(c.Parts, part.Part)
		c.Person = c.Person.take(part.Part, part.person())
	}
	return c
}

// confirmForm asks for the code of a change.
type confirmForm struct {
	Change Proposal
	Sent   account.Code
	Code   web.Field
	Notice i18n.Text
	Person Person // as they are now
}

func newConfirmForm() confirmForm {
	return confirmForm{Code: web.Field{Name: "code", Label: i18n.K("person.code"), Missing: i18n.K("person.code_missing"), Max: 20}}
}

// removes says what a deletion takes away.
func (c confirmForm) removes() i18n.Text {
	if r, ok := c.Person.relative(c.Change.Relative.ID); ok && c.Change.Remove == Family {
		return i18n.K("person.removes_relative", "name", r.FullName())
	}
	return i18n.K("person.removes_part")
}

// pairs are the values as they will be.
func (c confirmForm) pairs(ctx context.Context, part Part) []ui.Pair {
	if part != Family {
		p := profile{Person: c.Change.Person}
		return p.pairs(ctx, part)
	}
	r := c.Change.Relative
	pairs := []ui.Pair{{Label: i18n.K("person.kin"), Value: i18n.T(ctx, "person.kin_"+string(r.Kin))}, {Label: i18n.K("person.fio"), Value: r.FullName()},
		{Label: i18n.K("person.birth_date"), Value: dayText(ctx, r.BirthDate)}, {Label: i18n.K("person.snils"), Value: ident.FormatSNILS(r.SNILS), Num: true},
		{Label: i18n.K("person.relative_policy"), Value: r.Policy, Num: true}}
	if r.Kin == Child {
		pairs = append(pairs, ui.Pair{Label: i18n.K("person.certificate"), Value: r.Certificate})
	}
	return pairs
}

// deleteForm explains a deletion before it is asked for.
type deleteForm struct {
	Part     Part
	Relative Relative // of Family
	Verified bool
	Action   string
	at       int64
}

func (d deleteForm) version() string { return strconv.FormatInt(d.at, 10) }

func (d deleteForm) title() i18n.Text {
	if d.Part == Family {
		return i18n.K("person.delete_relative", "name", d.Relative.FullName())
	}
	return i18n.K("person.delete_part", "part", partText(d.Part))
}

func (d deleteForm) tone() ui.Tone {
	if d.Verified && d.Part.key() {
		return ui.Danger
	}
	return ui.Info
}

// consequences are what the deletion brings with it. Source: B-16.
func (d deleteForm) consequences() (texts []i18n.Text) {
	if d.Verified && d.Part.key() {
		texts = append(texts, i18n.K("person.delete_level"))
		if d.Part == Numbers {
			texts = append(texts, i18n.K("person.delete_logins"))
		}
	}
	if d.Part == Identity {
		texts = append(texts, i18n.K("person.delete_name_stays"))
	}
	return append(texts, i18n.K("person.delete_forms"), i18n.K("person.delete_stays"))
}

// privacy is the page of who sees what.
type privacy struct {
	Fill  web.Field
	Saved bool
}

func newPrivacy(set Settings) privacy {
	p := privacy{Fill: web.Field{Name: "fill", Label: i18n.K("person.fill_label"), Hint: i18n.K("person.fill_hint"), Optional: true}}
	if set.Fill {
		p.Fill.Value = "on"
	}
	return p
}

// viewers says who sees which data.
func (privacy) viewers(ctx context.Context) (pairs []ui.Pair) {
	for _, what := range []string{"profile", "documents", "medical", "applications", "contacts"} {
		pairs = append(pairs, ui.Pair{Label: i18n.K("person.sees_" + what), Value: i18n.T(ctx, "person.sees_"+what+"_text")})
	}
	return pairs
}
