package centre

import (
	"net/http"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/proofing"
)

// deskPage is the operator's page.
type deskPage struct {
	Nav    []ui.Link
	Form   intakeForm
	Said   []i18n.Text // why the intake did not begin
	Latest []Intake
}

// intakeForm takes what somebody's papers say.
type intakeForm struct {
	Why     web.Field // open or recover
	Data    *person.DataForm
	Phone   web.Field
	Consent web.Field
}

// What the person came for: the values of intakeForm.Why.
const (
	whyOpen    = "open"
	whyRecover = "recover"
)

func newIntakeForm(now func() time.Time) intakeForm {
	f := intakeForm{
		Why: web.Field{Name: "why", Label: i18n.K("centre.why"), Value: whyOpen, Check: func(v string) i18n.Text {
			if v != whyOpen && v != whyRecover {
				return i18n.K("centre.why")
			}
			return i18n.Text{}
		}},
		Data: person.NewDataForm(person.Person{}, now, proofing.Proved()...),
		Phone: web.Field{Name: "phone", Label: i18n.K("centre.phone"), Hint: i18n.K("centre.phone_hint"), Check: func(v string) i18n.Text {
			if _, ok := account.ParsePhone(v); !ok {
				return i18n.K("centre.phone_wrong")
			}
			return i18n.Text{}
		}},
		Consent: web.Field{Name: "consent", Label: i18n.K("centre.consent"), Missing: i18n.K("centre.consent_missing")},
	}
	f.Data.Require("surname", "name", "birth_date", "passport_series", "passport_number", "issued_on", "issued_by", "division", "snils")
	return f
}

func (f *intakeForm) fields() []*web.Field {
	return append(append([]*web.Field{&f.Why}, f.Data.Fields()...), &f.Phone, &f.Consent)
}

// read returns what was typed. To give access back neither a phone nor a
// consent is needed.
func (f *intakeForm) read(r *http.Request) (Papers, bool) {
	ok := web.Read(r, &f.Why)
	back := f.Why.Value == whyRecover
	f.Phone.Optional, f.Consent.Optional = back, back
	ok = f.Data.Read(r) && ok
	ok = web.Read(r, &f.Phone, &f.Consent) && ok
	phone, _ := account.ParsePhone(f.Phone.Value) // the check let it pass
	return Papers{Person: f.Data.Person(person.Person{}), Phone: phone, Recover: back}, ok
}

func (f *intakeForm) wrong() bool { return len(web.Wrong(f.fields()...)) > 0 }

func whyOptions() []ui.Option {
	return []ui.Option{{Value: whyOpen, Text: i18n.K("centre.why_open"), Hint: i18n.K("centre.why_open_hint")},
		{Value: whyRecover, Text: i18n.K("centre.why_recover"), Hint: i18n.K("centre.why_recover_hint")}}
}

func newCodeField() web.Field {
	return web.Field{Name: "code", Label: i18n.K("centre.code"), Hint: i18n.K("centre.code_hint"), Max: 20}
}

// intakeView is the page of one intake.
type intakeView struct {
	Nav    []ui.Link
	Intake Intake
	Code   web.Field
	Over   bool
}

func (i Intake) title() i18n.Text { return i18n.K("centre.kind_" + string(i.Kind)) }

func (i Intake) label() ui.Tag {
	if i.Done {
		return ui.Tag{Text: i18n.K("centre.done"), Tone: ui.Success}
	}
	return ui.Tag{Text: i18n.K("centre.waits"), Tone: ui.Info, Icon: "hourglass"}
}
