package signature

import (
	"context"
	"net/url"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/person/ident"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/signature/pki"
)

// checked is the value of a box that is ticked.
const checked = "on"

// signForm is a page that asks for a signature over a file.
type signForm struct {
	Path, Title, Lead, Button, Back string // paths and message keys

	Challenge challenge
	Token     string // the challenge, sealed
	File      web.Field
	Text      web.Field
	Signer    string // address of the demonstration's signer with this file, "" for none
	TLS       string // path of the sign-in by a certificate of the browser, "" for none
	Report    *pki.Report
	Notice    i18n.Text
}

func (s *Service) newSignForm(c challenge) signForm {
	f := signForm{
		File: web.Field{Name: "signature", Label: i18n.K("signature.file"), Hint: i18n.K("signature.file_hint")},
		Text: web.Field{Name: "text", Label: i18n.K("signature.text"), Hint: i18n.K("signature.text_hint"), Optional: true},
	}
	f.keep(s, c)
	return f
}

// keep makes the form go on with a challenge, so that a file that was signed
// badly can be signed again.
func (f *signForm) keep(s *Service, c challenge) {
	f.Challenge, f.Token = c, s.sealToken("challenge", c)
	if s.signer != "" {
		f.Signer = s.signer + "?" + url.Values{"file": {string(c.content(s.portal))}}.Encode()
	}
}

func (f *signForm) download() string { return EnterPath + "/file?of=" + url.QueryEscape(f.Token) }

// verdict is what the page says of a signature that did not pass.
func verdict(r *pki.Report) i18n.Text { return i18n.K("signature.why_" + string(r.Verdict().Reason)) }

// events are the steps of a report.
func events(r *pki.Report) (list []ui.Event) {
	for _, c := range r.Checks {
		e := ui.Event{Title: i18n.K("signature.step_" + string(c.Step))}
		switch c.State {
		case pki.Valid:
			e.Text = i18n.K("signature.state_valid")
		case pki.Invalid:
			e.State, e.Text = ui.Failed, i18n.K("signature.why_"+string(c.Reason))
		default:
			e.State, e.Text = ui.Next, i18n.K("signature.why_"+string(c.Reason))
		}
		list = append(list, e)
	}
	return list
}

// advice is what to look at when a signature does not pass.
var advice = []string{"signature.look_term", "signature.look_form", "signature.look_pin", "signature.look_driver", "signature.look_browser"}

// shownPage tells why a certificate of the browser did not pass.
type shownPage struct {
	Back    string // address
	Missing bool   // it showed none
	Report  *pki.Report
}

// newcomerForm is the page that shows what the certificate says of a newcomer.
type newcomerForm struct {
	ID                       string
	Facts                    Facts
	Phone, Consent, Consent2 web.Field
	Notice                   i18n.Text
}

func newNewcomerForm(n newcomer) newcomerForm {
	f := newcomerForm{ID: n.id, Facts: n.data.Facts,
		Phone: web.Field{Name: "phone", Label: i18n.K("account.phone"), Hint: i18n.K("signature.phone_hint"), Missing: i18n.K("account.phone_missing"), Max: 40, Check: func(typed string) i18n.Text {
			if _, ok := account.ParsePhone(typed); !ok {
				return i18n.K("account.phone_wrong")
			}
			return i18n.Text{}
		}},
		Consent:  web.Field{Name: "consent", Label: i18n.K("account.consent_data"), Missing: i18n.K("account.consent_missing")},
		Consent2: web.Field{Name: "consent_signature", Label: i18n.K("account.consent_signature"), Optional: true}}
	for _, c := range n.data.Consents {
		switch c {
		case account.ConsentData:
			f.Consent.Value = checked
		case account.ConsentSignature:
			f.Consent2.Value = checked
		}
	}
	return f
}

func (f *newcomerForm) all() []*web.Field { return []*web.Field{&f.Phone, &f.Consent, &f.Consent2} }

func (f *newcomerForm) consents() (list []string) {
	if f.Consent.Value == checked {
		list = append(list, account.ConsentData)
	}
	if f.Consent2.Value == checked {
		list = append(list, account.ConsentSignature)
	}
	return list
}

// known is what the certificate says.
func (f *newcomerForm) known() []ui.Pair {
	name := proper(f.Facts.Name)
	return []ui.Pair{
		{Label: i18n.K("account.surname"), Value: name.Surname}, {Label: i18n.K("account.name"), Value: name.Name}, {Label: i18n.K("account.patronymic"), Value: name.Patronymic},
		{Label: i18n.K("signature.snils"), Value: ident.FormatSNILS(f.Facts.SNILS), Num: true}, {Label: i18n.K("signature.inn"), Value: f.Facts.INN, Num: true},
	}
}

// codeForm is the page that asks for the code from the phone.
type codeForm struct {
	Code   web.Field
	Step   account.Step
	Path   string
	Back   string
	Wait   int // seconds until a new code may be asked for
	Sent   bool
	Notice i18n.Text
}

func newCodeForm(n newcomer, step account.Step) codeForm {
	return codeForm{Step: step, Path: newcomerPath + "/" + n.id + "/code", Back: newcomerPath + "/" + n.id,
		Code: web.Field{Name: "code", Label: i18n.K("account.code"), Missing: i18n.K("account.code_missing"), Max: 20}}
}

func (f *codeForm) sent() i18n.Text {
	return i18n.K("account.code_sent_phone", "to", i18n.MaskPhone(f.Step.To.Value), "n", int(f.Step.Life/time.Minute))
}

// boundPage lists the certificates of an account.
type boundPage struct {
	List []Bound
	Now  time.Time
	Done i18n.Text
}

// tag is the state of a certificate in a word.
func (b Bound) tag(now time.Time) ui.Tag {
	switch {
	case b.Standing == Revoked:
		return ui.Tag{Text: i18n.K("signature.is_revoked"), Tone: ui.Danger}
	case now.After(b.Ends):
		return ui.Tag{Text: i18n.K("signature.is_over"), Tone: ui.Danger}
	case b.Ends.Sub(now) < soon:
		return ui.Tag{Text: i18n.K("signature.is_ending"), Tone: ui.Warning}
	case b.Standing == Unclear:
		return ui.Tag{Text: i18n.K("signature.is_unclear"), Tone: ui.Warning}
	}
	return ui.Tag{Text: i18n.K("signature.is_valid"), Tone: ui.Success}
}

func (b Bound) facts(ctx context.Context) []ui.Pair {
	used := i18n.T(ctx, "signature.never")
	if !b.Used.IsZero() {
		used = i18n.When(ctx, b.Used)
	}
	kind := i18n.T(ctx, "signature.kind_plain")
	if b.Class != "" {
		kind = i18n.T(ctx, "signature.kind_class", "class", b.Class)
	}
	return []ui.Pair{
		{Label: i18n.K("signature.term"), Value: i18n.T(ctx, "signature.term_text", "from", i18n.DateFull(ctx, b.From), "to", i18n.DateFull(ctx, b.Ends))},
		{Label: i18n.K("signature.centre"), Value: b.Centre},
		{Label: i18n.K("signature.kind"), Value: kind},
		{Label: i18n.K("signature.key"), Value: b.Key},
		{Label: i18n.K("signature.serial"), Value: b.Serial, Num: true},
		{Label: i18n.K("signature.bound_at"), Value: i18n.When(ctx, b.Bound)},
		{Label: i18n.K("signature.used_at"), Value: used},
	}
}

// trustForm is the administrator's page of the centres that are trusted.
type trustForm struct {
	Nav    []ui.Link
	List   List
	Lists  []cachedList
	Roots  []pki.Anchor
	Fetch  string // address it is fetched from, "" for none
	File   web.Field
	Now    time.Time
	Notice i18n.Text
	Done   bool
}

func (f *trustForm) fields() {
	if f.File.Name == "" {
		f.File = web.Field{Name: "list", Label: i18n.K("signature.list_file"), Hint: i18n.K("signature.list_file_hint")}
	}
}

func (f *trustForm) facts(ctx context.Context) []ui.Pair {
	l := f.List
	return []ui.Pair{
		{Label: i18n.K("signature.list_version"), Value: i18n.T(ctx, "signature.list_version_text", "n", int(l.Version), "dated", l.Dated)},
		{Label: i18n.K("signature.list_centres"), Value: i18n.T(ctx, "signature.list_centres_text", "n", l.Centres, "active", l.Active)},
		{Label: i18n.K("signature.list_taken"), Value: i18n.When(ctx, l.Taken)},
		{Label: i18n.K("signature.list_source"), Value: l.Source},
		{Label: i18n.K("signature.list_digest"), Value: l.Digest, Num: true},
	}
}

func cachedTable() []ui.Column {
	return []ui.Column{{Title: i18n.K("signature.crl_address")}, {Title: i18n.K("signature.crl_fetched")}, {Title: i18n.K("signature.crl_next")}, {Title: i18n.K("signature.crl_state")}}
}

// tag is the state of a revocation list in a word.
func (l cachedList) tag(now time.Time) ui.Tag {
	switch {
	case l.fetched.IsZero():
		return ui.Tag{Text: i18n.K("signature.crl_none"), Tone: ui.Danger}
	case now.After(l.next):
		return ui.Tag{Text: i18n.K("signature.crl_over"), Tone: ui.Danger}
	case l.failed:
		return ui.Tag{Text: i18n.K("signature.crl_failed"), Tone: ui.Warning}
	}
	return ui.Tag{Text: i18n.K("signature.crl_good"), Tone: ui.Success}
}

func (l cachedList) moments(ctx context.Context) (fetched, next string) {
	fetched, next = "—", "—"
	if !l.fetched.IsZero() {
		fetched = i18n.When(ctx, l.fetched)
	}
	if !l.next.IsZero() {
		next = i18n.When(ctx, l.next)
	}
	return fetched, next
}

func (f *signForm) wrong() bool {
	return f.Report != nil || !f.Notice.IsZero() || !f.File.Error.IsZero()
}
