package account

import (
	"errors"
	"net/http"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

const passkeyPath = factorsPath + "/passkey"

func (s *Service) passkeyRoutes(rt *web.Router) {
	rt.Handle("POST /login/passkey", s.passkeyLogin)
	rt.Handle("POST /login/code/{flow}/passkey", s.passkeyStep)
	rt.Handle("GET /settings/second/passkey", s.passkeyForm, web.SignedIn, s.RequireFresh)
	rt.Handle("POST /settings/second/passkey", s.addPasskey, web.SignedIn, s.RequireFresh)
	rt.Handle("GET /settings/second/passkeys/{id}", s.onePasskey, web.SignedIn, s.RequireFresh)
	rt.Handle("POST /settings/second/passkeys/{id}", s.renamePasskey, web.SignedIn, s.RequireFresh)
	rt.Handle("POST /settings/second/passkeys/{id}/remove", s.removePasskey, web.SignedIn, s.RequireFresh)
}

// answered reads what the script of a passkey's form sent: the token of what was
// asked and the browser's answer.
func answered(r *http.Request) (token, answer string) {
	return r.PostFormValue("token"), r.PostFormValue("answer")
}

func (s *Service) passkeyLogin(w http.ResponseWriter, r *http.Request) error {
	f := newLoginForm("")
	f.Next, f.Kept = web.Local(r.PostFormValue("next"), ""), r.PostFormValue("kept")
	token, answer := answered(r)
	in, err := s.PasskeySignIn(r.Context(), s.clientOf(w, r), token, answer,
		SignIn{Alien: r.PostFormValue("alien") == checked, Next: f.Next, Kept: f.Kept, Lang: i18n.LangOf(r.Context())})
	if err == nil {
		return s.admitted(w, r, in, f.Next, f.Kept)
	}
	text, status, ok := told(err)
	if !ok && !errors.Is(err, ErrPasskeyCopied) {
		return err
	}
	if !ok {
		text, status = i18n.K("account.passkey_copied"), http.StatusForbidden
	}
	f.Notice = danger(text)
	return s.drawLogin(w, r, status, f)
}

func (s *Service) passkeyStep(w http.ResponseWriter, r *http.Request) error {
	token, answer := answered(r)
	started, step, err := s.PasskeyStep(r.Context(), s.clientOf(w, r), r.PathValue("flow"), token, answer, r.PostFormValue("trust") == checked)
	if err != nil {
		return s.wrongStep(w, r, err)
	}
	return s.entered(w, r, started, step.Next, step.Kept)
}

func nameField(value string) web.Field {
	return web.Field{Name: "name", Label: i18n.K("account.passkey_name"), Hint: i18n.K("account.passkey_name_hint"), Missing: i18n.K("account.passkey_name_missing"), Max: 60, Value: value}
}

func (s *Service) passkeyForm(w http.ResponseWriter, r *http.Request) error {
	f := passkeyPage{Name: nameField(s.deviceOf(s.clientOf(w, r)).Name())}
	return s.drawPasskey(w, r, http.StatusOK, f)
}

// drawPasskey draws the page of a new passkey with a challenge of its own.
func (s *Service) drawPasskey(w http.ResponseWriter, r *http.Request, status int, f passkeyPage) (err error) {
	if f.Ask, err = s.AskNewPasskey(r.Context(), web.Account(r)); err != nil {
		return err
	}
	return web.Write(w, r, status, newPasskeyPage(f))
}

func (s *Service) addPasskey(w http.ResponseWriter, r *http.Request) error {
	f := passkeyPage{Name: nameField("")}
	if !web.Read(r, &f.Name) {
		return s.drawPasskey(w, r, http.StatusUnprocessableEntity, f)
	}
	v := web.VisitOf(r.Context())
	token, answer := answered(r)
	if err := s.AddPasskey(r.Context(), v.Account, v.Session, token, answer, f.Name.Value); err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Notice = danger(text)
		return s.drawPasskey(w, r, status, f)
	}
	return web.SeeOther(w, r, factorsPath+"?done=added")
}

// passkeyOf reads the passkey of the address.
func (s *Service) passkeyOf(r *http.Request) (Passkey, error) {
	all, err := s.Passkeys(r.Context(), web.Account(r))
	if err != nil {
		return Passkey{}, err
	}
	for _, k := range all {
		if k.ID == r.PathValue("id") {
			return k, nil
		}
	}
	return Passkey{}, ErrFactor
}

func (s *Service) onePasskey(w http.ResponseWriter, r *http.Request) error {
	k, err := s.passkeyOf(r)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, onePasskeyPage(passkeyPage{Key: k, Name: nameField(k.Name)}))
}

func (s *Service) renamePasskey(w http.ResponseWriter, r *http.Request) error {
	k, err := s.passkeyOf(r)
	if err != nil {
		return err
	}
	f := passkeyPage{Key: k, Name: nameField("")}
	if !web.Read(r, &f.Name) {
		return web.Write(w, r, http.StatusUnprocessableEntity, onePasskeyPage(f))
	}
	v := web.VisitOf(r.Context())
	if err := s.RenamePasskey(r.Context(), v.Account, v.Session, k.ID, f.Name.Value); err != nil {
		return err
	}
	return web.SeeOther(w, r, factorsPath)
}

func (s *Service) removePasskey(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	if err := s.RemovePasskey(r.Context(), v.Account, v.Session, r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, factorsPath+"?done=removed")
}

// passkeyPage is the page of a new passkey, or of one that is there.
type passkeyPage struct {
	Ask    PasskeyAsk
	Key    Passkey
	Name   web.Field
	Notice notice
}

// passkeyRow is a passkey in the list.
func passkeyRow(k Passkey, note string) ui.RowItem {
	return ui.RowItem{LinkTo: ui.LinkTo{Title: i18n.Text{Words: i18n.Words{RU: k.Name, EN: k.Name}}, Icon: "fingerprint-pattern"}, Note: note}
}
