package recovery

import (
	"context"
	"slices"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/person/ident"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

type notice struct {
	tone ui.Tone
	text i18n.Text
}

type startForm struct {
	Contact web.Field
	Notice  notice
}

func newStartForm() startForm {
	return startForm{Contact: web.Field{Name: "contact", Label: i18n.K("recovery.contact"), Hint: i18n.K("recovery.contact_hint"), Missing: i18n.K("recovery.contact_missing"), Max: 254,
		Check: func(typed string) i18n.Text {
			if _, ok := account.ParseContact(typed); !ok {
				return i18n.K("recovery.contact_wrong")
			}
			return i18n.Text{}
		}}}
}

type codeForm struct {
	Case   Case
	Code   web.Field
	Wait   int // seconds until another code may be asked for
	Notice notice
}

func newCodeForm(k Case, now time.Time) codeForm {
	return codeForm{Case: k, Code: web.Field{Name: "code", Label: i18n.K("recovery.code"), Missing: i18n.K("recovery.code_missing"), Max: 20},
		Wait: int(min(max(k.ResendAt().Sub(now), 0), codeResend) / time.Second)}
}

// sentTo says where the code went: what was typed, masked.
func (f *codeForm) sentTo() i18n.Text {
	to := i18n.MaskPhone(f.Case.Claim.Contact.Value)
	if f.Case.Claim.Contact.Kind == account.Email {
		to = i18n.MaskEmail(f.Case.Claim.Contact.Value)
	}
	return i18n.K("recovery.code_sent", "to", to)
}

// dataForm is who the applicant says to be.
type dataForm struct {
	Case                                                          Case
	Surname, Name, Patronymic, Birth, Papers, Old, Story, Consent web.Field
	Notice                                                        notice
}

func nameField(name, value string, optional bool) web.Field {
	return web.Field{Name: name, Label: i18n.K("recovery." + name), Check: account.CheckName, Optional: optional, Max: 100, Value: value}
}

func newDataForm(k Case, now func() time.Time) dataForm {
	c := k.Claim
	f := dataForm{Case: k, Surname: nameField("surname", c.Name.Surname, false), Name: nameField("name", c.Name.Name, false), Patronymic: nameField("patronymic", c.Name.Patronymic, true),
		Birth: web.Field{Name: "birth", Label: i18n.K("recovery.birth"), Hint: i18n.K("recovery.birth_hint"), Max: 10, Value: showDate(c.Birth), Check: func(typed string) i18n.Text {
			day, ok := parseDate(typed)
			if !ok || day < "1900-01-01" || day > now().Format(time.DateOnly) {
				return i18n.K("recovery.birth_wrong")
			}
			return i18n.Text{}
		}},
		Papers: web.Field{Name: "papers", Label: i18n.K("recovery.papers"), Hint: i18n.K("recovery.papers_hint"), Max: 20, Value: c.Papers.String(), Check: func(typed string) i18n.Text {
			if _, ok := parsePapers(typed); !ok {
				return i18n.K("recovery.papers_wrong")
			}
			return i18n.Text{}
		}},
		Old: web.Field{Name: "old", Label: i18n.K("recovery.old"), Hint: i18n.K("recovery.old_hint"), Optional: true, Max: 254, Value: c.OldLogin.String(), Check: func(typed string) i18n.Text {
			if _, ok := account.ParseContact(typed); !ok {
				return i18n.K("recovery.contact_wrong")
			}
			return i18n.Text{}
		}},
		Story:   web.Field{Name: "story", Label: i18n.K("recovery.story"), Hint: i18n.K("recovery.story_hint"), Max: 2000, Value: c.Story},
		Consent: web.Field{Name: "consent", Label: i18n.K("recovery.consent"), Missing: i18n.K("recovery.consent_missing")},
	}
	return f
}

func (f *dataForm) all() []*web.Field {
	return []*web.Field{&f.Surname, &f.Name, &f.Patronymic, &f.Birth, &f.Papers, &f.Old, &f.Story, &f.Consent}
}

func (f *dataForm) claim() Claim {
	c := Claim{Name: account.Name{Surname: f.Surname.Value, Name: f.Name.Value, Patronymic: f.Patronymic.Value}, Story: f.Story.Value}
	c.Birth, _ = parseDate(f.Birth.Value)
	c.Papers, _ = parsePapers(f.Papers.Value)
	c.OldLogin, _ = account.ParseContact(f.Old.Value)
	return c
}

// parsePapers reads СНИЛС (11 digits) or ИНН (12).
func parsePapers(typed string) (account.Login, bool) {
	for _, kind := range []account.Kind{account.SNILS, account.INN} {
		if l, ok := account.ParseLoginBy(kind, typed); ok {
			return l, true
		}
	}
	return account.Login{}, false
}

func parseDate(typed string) (string, bool) {
	for _, layout := range []string{"02.01.2006", "2.1.2006", time.DateOnly} {
		if t, err := time.Parse(layout, strings.TrimSpace(typed)); err == nil {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

func showDate(day string) string {
	if t, err := time.Parse(time.DateOnly, day); err == nil {
		return t.Format("02.01.2006")
	}
	return ""
}

// filesForm asks for the pictures.
type filesForm struct {
	Case             Case
	Passport, Selfie web.Field
	Notice           notice
}

func newFilesForm(k Case) filesForm {
	return filesForm{Case: k,
		Passport: web.Field{Name: "passport", Label: i18n.K("recovery.passport"), Hint: i18n.K("recovery.passport_hint")},
		Selfie:   web.Field{Name: "selfie", Label: i18n.K("recovery.selfie"), Hint: i18n.K("recovery.selfie_hint"), Optional: true}}
}

func (f *filesForm) field(kind string) *web.Field {
	if kind == "selfie" {
		return &f.Selfie
	}
	return &f.Passport
}

// added lists the pictures that are there.
func (f *filesForm) added(ctx context.Context) (pairs []ui.Pair) {
	for _, kind := range []string{"passport", "selfie"} {
		if file, there := f.Case.file(kind); there {
			pairs = append(pairs, ui.Pair{Label: i18n.K("recovery." + kind), Value: file.Name + ", " + i18n.Bytes(ctx, file.Ref.Size)})
		}
	}
	return pairs
}

type statusForm struct {
	Number, Code web.Field
	Status       *Status // nil until it was found
	Sent         bool    // the link was sent just now
	Notice       notice
}

func newStatusForm() statusForm {
	return statusForm{Number: web.Field{Name: "number", Label: i18n.K("recovery.number"), Max: 20},
		Code: web.Field{Name: "code", Label: i18n.K("recovery.status_code"), Hint: i18n.K("recovery.status_code_hint"), Max: 20}}
}

// text tells the state in a sentence.
func (s *Status) text(ctx context.Context) i18n.Text {
	switch {
	case s.State == Refused:
		return i18n.K("recovery.status_refused", "why", s.Reason.Text())
	case s.State == Approved && s.Over:
		return i18n.K("recovery.status_over")
	case s.State == Approved && s.Ready.IsZero():
		return i18n.K("recovery.status_new")
	case s.State == Approved:
		return i18n.K("recovery.status_approved", "at", i18n.When(ctx, s.Ready))
	}
	return i18n.K("recovery.status_" + string(s.State))
}

func (s *Status) tone() ui.Tone {
	switch s.State {
	case Refused, Cancelled, Expired:
		return ui.Danger
	case Approved, Done:
		return ui.Success
	}
	return ui.Info
}

type newPasswordForm struct {
	Password, Repeat web.Field
	Rules            []account.Rule
	Notice           notice
}

func newNewPasswordForm(rules account.Rules) newPasswordForm {
	secret := func(name, label string) web.Field {
		return web.Field{Name: name, Label: i18n.K(label), Missing: i18n.K("account.password_missing"), Secret: true, Max: account.PasswordMax}
	}
	return newPasswordForm{Password: secret("password", "account.password_new"), Repeat: secret("repeat", "account.password_repeat"), Rules: rules.List()}
}

func (f *newPasswordForm) rules() (list []ui.Rule) {
	for _, r := range f.Rules {
		if r.Least > 0 || r.Has != "" {
			list = append(list, ui.Rule{Text: r.Text, Least: r.Least, Has: r.Has})
		}
	}
	return list
}

// Desk.

type queuePage struct {
	Nav    []ui.Link
	Queue  Queue
	Closed bool
	Names  map[string]string // of operators, by account
	Done   i18n.Text
}

func (p queuePage) chips() []ui.Choice {
	return []ui.Choice{
		{Href: deskPath, Text: i18n.K("recovery.desk_open"), Current: !p.Closed},
		{Href: deskPath + "?view=closed", Text: i18n.K("recovery.desk_closed"), Current: p.Closed},
	}
}

func (p queuePage) older() string {
	if p.Queue.More == "" {
		return ""
	}
	view := ""
	if p.Closed {
		view = "view=closed&"
	}
	return deskPath + "?" + view + "after=" + p.Queue.More
}

func queueColumns() []ui.Column {
	return []ui.Column{{Title: i18n.K("recovery.number"), Num: true}, {Title: i18n.K("recovery.desk_sent")}, {Title: i18n.K("recovery.desk_state")}, {Title: i18n.K("recovery.desk_first")}}
}

func stateTag(s State) ui.Tag {
	tone := ui.Info
	switch s {
	case First, Second:
		tone = ui.Warning
	case Done, Approved:
		tone = ui.Success
	case Refused, Cancelled, Expired:
		tone = ui.Danger
	}
	return ui.Tag{Text: i18n.K(s.Text()), Tone: tone}
}

type casePage struct {
	Nav    []ui.Link
	Look   Look
	Me     string
	Names  map[string]string
	Why    web.Field
	Sure   web.Field
	Notice notice
}

func newCasePage(l Look) casePage {
	return casePage{Look: l, Why: web.Field{Name: "why", Label: i18n.K("recovery.desk_why"), Missing: i18n.K("recovery.why_missing")},
		Sure: web.Field{Name: "sure", Label: i18n.K("recovery.desk_sure"), Missing: i18n.K("recovery.desk_sure_missing")}}
}

// mine reports that this operator agreed already.
func (p casePage) mine() bool { return p.Look.State == Second && p.Look.FirstBy == p.Me }

func whyOptions() (list []ui.Option) {
	for _, w := range Reasons() {
		list = append(list, ui.Option{Value: string(w), Text: w.Text()})
	}
	return list
}

func compareColumns() []ui.Column {
	return []ui.Column{{Title: i18n.K("recovery.desk_what")}, {Title: i18n.K("recovery.desk_claimed")}, {Title: i18n.K("recovery.desk_known")}, {Title: i18n.K("recovery.desk_same")}}
}

func (d Difference) tag() ui.Tag {
	if d.Same {
		return ui.Tag{Text: i18n.K("recovery.desk_yes"), Tone: ui.Success}
	}
	return ui.Tag{Text: i18n.K("recovery.desk_no"), Tone: ui.Danger}
}

// facts are what else the operator needs.
func (p casePage) facts(ctx context.Context) []ui.Pair {
	l := p.Look
	pairs := []ui.Pair{
		{Label: i18n.K("recovery.contact"), Value: l.Claim.Contact.String()},
		{Label: i18n.K("recovery.story"), Value: l.Claim.Story},
	}
	if l.Case.Account == "" {
		return pairs
	}
	verified := "recovery.desk_unverified"
	if slices.Contains(l.Person.Verified, "identity") {
		verified = "recovery.desk_verified"
	}
	pairs = append(pairs,
		ui.Pair{Label: i18n.K("recovery.desk_account"), Value: l.Account.Number, Num: true},
		ui.Pair{Label: i18n.K("recovery.desk_level"), Value: i18n.T(ctx, l.Account.Level.Text()) + ", " + i18n.T(ctx, verified)})
	if l.Person.PassportNumber != "" {
		pairs = append(pairs, ui.Pair{Label: i18n.K("recovery.desk_passport"), Value: ident.FormatPassport(l.Person.PassportSeries, l.Person.PassportNumber), Num: true})
	}
	if l.Other != "" {
		pairs = append(pairs, ui.Pair{Label: i18n.K("recovery.desk_other"), Value: l.Other})
	}
	return pairs
}
