package account

import (
	"net/http"
	"slices"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// askKinds are the tabs of the pages that begin a recovery or an unlocking.
// What is no contact only finds the account. Source: A-100.
var askKinds = []loginKind{
	{"", "contact", ui.Input{Mode: "email", Complete: "username"}},
	{SNILS, "snils", ui.Input{Mode: "numeric"}},
	{INN, "inn", ui.Input{Mode: "numeric"}},
	{Passport, "passport", ui.Input{Mode: "numeric"}},
}

func askKindOf(kind string) loginKind {
	if i := slices.IndexFunc(askKinds, func(k loginKind) bool { return string(k.kind) == kind }); i > 0 {
		return askKinds[i]
	}
	return askKinds[0]
}

// parse reads what was typed on a tab.
func (k loginKind) parse(typed string) (Login, bool) {
	if k.kind == "" {
		return ParseContact(typed)
	}
	return ParseLoginBy(k.kind, typed)
}

// askForm asks whose account it is: recovery, unlocking.
type askForm struct {
	By         loginKind
	Login, Via web.Field // Via: where the code goes, when Login is no contact
	Track      track
	Mails      bool
	Notice     notice
}

func (s *Service) newAskForm(t track, by string) askForm {
	f := askForm{By: askKindOf(by), Track: t, Mails: s.Mails()}
	f.Login = f.By.field()
	f.Login.Check = func(typed string) i18n.Text {
		if _, ok := f.By.parse(typed); !ok {
			return i18n.K("account.login_wrong_" + f.By.word)
		}
		return i18n.Text{}
	}
	f.Via = web.Field{Name: "via", Label: i18n.K("account.ask_via"), Optional: !f.Mails, Value: string(Phone)}
	return f
}

// finds reports whether what is typed only finds the account.
func (f *askForm) finds() bool { return f.By.kind != "" }

func (f *askForm) tabs() []ui.Choice {
	list := make([]ui.Choice, 0, len(askKinds))
	for _, k := range askKinds {
		list = append(list, ui.Choice{Href: withQuery(f.path(), "by", string(k.kind)), Text: i18n.K("account.tab_" + k.word), Current: k.kind == f.By.kind})
	}
	return list
}

func (f *askForm) path() string {
	if f.Track.kind == flowUnlock {
		return "/unlock"
	}
	return "/recover"
}

func (f *askForm) title() string {
	if f.Track.kind == flowUnlock {
		return "account.unlock"
	}
	return "account.recover"
}

func (f *askForm) lead() string { return f.title() + "_lead" }

func viaOptions() []ui.Option {
	return []ui.Option{{Value: string(Phone), Text: i18n.K("account.ask_via_phone")}, {Value: string(Email), Text: i18n.K("account.ask_via_email")}}
}

// causes are why people cannot get in, each with what helps. Source: A-97.
func causes() []string { return []string{"password", "phone", "number", "email", "locked", "code"} }

func (s *Service) askForm(t track) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		return web.Write(w, r, http.StatusOK, askPage(s.newAskForm(t, r.URL.Query().Get("by"))))
	}
}

// ask takes what finds the account whose holder is to get a code.
func (s *Service) ask(t track) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		f := s.newAskForm(t, r.PostFormValue("by"))
		fields := []*web.Field{&f.Login}
		if f.finds() {
			fields = append(fields, &f.Via)
		}
		if !web.Read(r, fields...) {
			return web.Write(w, r, http.StatusUnprocessableEntity, askPage(f))
		}
		login, _ := f.By.parse(f.Login.Value) // the field's check let it pass
		q := Asked{Login: login, Via: Phone, Lang: i18n.LangOf(r.Context())}
		if f.Via.Value == string(Email) {
			q.Via = Email
		}
		start := s.StartRecoveryBy
		if t.kind == flowUnlock {
			start = s.StartUnlockBy
		}
		flow, err := start(r.Context(), s.clientOf(w, r), q)
		if err != nil {
			text, status, ok := told(err)
			if !ok {
				return err
			}
			f.Notice = danger(text)
			return web.Write(w, r, status, askPage(f))
		}
		return web.SeeOther(w, r, t.base+flow+t.tail)
	}
}
