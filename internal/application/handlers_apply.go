package application

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"

	"kabinet/internal/account"
	"kabinet/internal/consent"
	"kabinet/internal/document"
	"kabinet/internal/eform"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

// formHandler is a handler of a page of a form.
type formHandler func(w http.ResponseWriter, r *http.Request, f form) error

// onForm reads the draft that the address names. A form that was sent leads to
// the application that it became.
func (s *Service) onForm(h formHandler) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := s.form(r.Context(), web.Account(r), r.PathValue("draft"))
		if err == nil {
			err = h(w, r, f)
		}
		return s.orSent(w, r, r.PathValue("draft"), err)
	}
}

// orSent leads to the application when err says that the form became one.
func (s *Service) orSent(w http.ResponseWriter, r *http.Request, key string, err error) error {
	if !errors.Is(err, eform.ErrSent) {
		return err
	}
	a, ok, e := s.Find(r.Context(), web.Account(r), key)
	if e != nil || !ok {
		return errors.Join(err, e)
	}
	return web.SeeOther(w, r, "/applications/"+a.ID)
}

func (s *Service) applyPage(w http.ResponseWriter, r *http.Request) error {
	f, err := s.freshForm(r.Context(), web.Account(r), r.PathValue("code"), newKey())
	if err != nil {
		return err
	}
	if err := s.MayApply(r.Context(), web.Account(r), f.def); errors.Is(err, ErrLevel) {
		return web.Write(w, r, http.StatusForbidden, levelPage(f.def))
	} else if err != nil {
		return err
	}
	if r.URL.Query().Get("new") == "" {
		d, err := s.draftOf(r.Context(), web.Account(r), f.def.Code)
		if err != nil {
			return err
		}
		if d.ID != "" {
			return web.Write(w, r, http.StatusOK, hasDraftPage(f.def, d))
		}
	}
	return s.writeStep(w, r, http.StatusOK, f, stepLook{step: f.first()})
}

// formKey is the key that the page gave to its form. It stands in the address
// of a form with files, which is read part by part.
func formKey(r *http.Request) string {
	key := r.URL.Query().Get("idem")
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); key == "" && kind != "multipart/form-data" {
		key = r.PostFormValue("idem")
	}
	if !validKey(key) {
		return ""
	}
	return key
}

func (s *Service) apply(w http.ResponseWriter, r *http.Request) error {
	acc, key := web.Account(r), formKey(r)
	if key == "" {
		key = newKey()
	}
	f, err := s.posted(r, key)
	if err != nil {
		return s.orSent(w, r, key, err)
	}
	if f.direct() && (r.PostFormValue("_do") == "" || r.PostFormValue("_do") == "next") {
		return s.orSent(w, r, key, s.applyAtOnce(w, r, f)) // which looks whether it was sent, and whether it may be
	}
	if a, ok, err := s.Find(r.Context(), acc, key); err != nil {
		return err
	} else if ok {
		return web.SeeOther(w, r, "/applications/"+a.ID+"?sent=1")
	}
	if err := s.MayApply(r.Context(), acc, f.def); err != nil {
		return err
	}
	if err := s.start(r.Context(), acc, session(r), &f); err != nil {
		return s.orSent(w, r, key, err)
	}
	return s.orSent(w, r, key, s.proceed(w, r, f, f.first()))
}

// posted returns the form that a first page was about: its draft, when the
// script or an earlier sending began one.
func (s *Service) posted(r *http.Request, key string) (form, error) {
	f, err := s.form(r.Context(), web.Account(r), key)
	if errors.Is(err, eform.ErrNoDraft) {
		return s.freshForm(r.Context(), web.Account(r), r.PathValue("code"), key)
	}
	return f, err
}

// applyAtOnce sends a form of one step.
func (s *Service) applyAtOnce(w http.ResponseWriter, r *http.Request, f form) error {
	acc, step := web.Account(r), f.first()
	posted, _, err := s.Forms.Read(r, f.state, f.draft, step)
	if err != nil {
		return err
	}
	answers := posted.Values
	if f.grouped() {
		if err := s.start(r.Context(), acc, session(r), &f); err != nil {
			return err
		}
	}
	if !f.fresh {
		if f.draft, _, err = s.Forms.Save(r.Context(), acc, f.draft.ID, f.def.Compiled, posted); err != nil {
			return err
		}
		answers = f.draft.Answers
	}
	sub := Submission{Account: acc, Session: session(r), Key: f.draft.ID, Service: f.def, Answers: answers, Facts: f.facts,
		Consent: r.PostFormValue("consent") != "", Draft: !f.fresh, Rev: f.draft.Rev}
	a, err := s.Submit(r.Context(), sub)
	if err == nil {
		return web.SeeOther(w, r, "/applications/"+a.ID+"?sent=1")
	}
	f.draft.Answers = answers
	f.state = s.look(f, answers)
	look := stepLook{step: step, consent: sub.Consent}
	var incomplete *Incomplete
	status := http.StatusUnprocessableEntity
	switch {
	case errors.As(err, &incomplete):
		look.problems = incomplete.Problems
	case errors.Is(err, ErrConsent):
		look.noConsent = true
	case fault.Of(err).Kind == fault.TooMany:
		look.alert, status = tooOften(err), http.StatusTooManyRequests
	default:
		return err
	}
	return s.writeStep(w, r, status, f, look)
}

// stepLook is how a step is drawn.
type stepLook struct {
	step      string
	tab       string // of the posted form; "" for a page opened anew
	problems  []eform.Problem
	asked     bool // the answers brought up new questions
	saved     bool
	consent   bool
	noConsent bool
	alert     i18n.Text
}

func (s *Service) stepPage(w http.ResponseWriter, r *http.Request, f form) error {
	step := r.PathValue("step")
	if f.state.Step(step) == nil {
		if f.first() == "" {
			return web.SeeOther(w, r, draftPath(f.draft.ID, "check"))
		}
		return web.SeeOther(w, r, draftPath(f.draft.ID, f.first()))
	}
	return s.writeStep(w, r, http.StatusOK, f, stepLook{step: step, saved: r.URL.Query().Get("saved") != ""})
}

func (s *Service) takeStep(w http.ResponseWriter, r *http.Request, f form) error {
	return s.proceed(w, r, f, r.PathValue("step"))
}

// proceed takes what was posted of one step and leads on.
func (s *Service) proceed(w http.ResponseWriter, r *http.Request, f form, step string) error {
	if f.state.Step(step) == nil { // not asked any more: another tab changed an answer
		return web.SeeOther(w, r, draftPath(f.draft.ID, firstStep))
	}
	posted, problems, err := s.Forms.Read(r, f.state, f.draft, step)
	if err != nil {
		return err
	}
	if posted.Do.Do == "use" {
		problems = append(problems, s.useDocument(r.Context(), f, posted)...)
	}
	d, conflicts, err := s.Forms.Save(r.Context(), web.Account(r), f.draft.ID, f.def.Compiled, posted)
	if err != nil {
		return err
	}
	f.draft = d
	f.state = s.look(f, eform.Overlay(d, conflicts))
	look := stepLook{step: step, tab: posted.Tab, problems: append(problems, f.state.Conflicts(step, conflicts)...)}
	if posted.Do.Do == "next" {
		seen, unseen := eform.Unseen(f.state.Check(step), drawn(posted, f, step))
		look.problems = append(look.problems, seen...)
		look.asked = len(unseen) > 0 && len(look.problems) == 0
	}
	if len(look.problems) > 0 || look.asked {
		return s.writeStep(w, r, http.StatusUnprocessableEntity, f, look)
	}
	return web.SeeOther(w, r, s.onward(r, f, step, posted.Do))
}

// drawn are the fields that were on the posted page. A program that posts
// without having drawn one is told everything.
func drawn(posted eform.Posted, f form, step string) []string {
	if len(posted.Drawn) > 0 {
		return posted.Drawn
	}
	var all []string
	for _, p := range f.state.Check(step) {
		all = append(all, p.Field)
	}
	return all
}

// onward is the page to show after a step was saved.
func (s *Service) onward(r *http.Request, f form, step string, do eform.Command) string {
	way := f.state.Way(step)
	switch do.Do {
	case "next":
		if r.URL.Query().Get("from") == "check" && len(f.state.CheckAll()) == 0 || way.Next == "" {
			return draftPath(f.draft.ID, "check")
		}
		return draftPath(f.draft.ID, way.Next)
	case "back":
		if way.Previous == "" {
			return "/services/" + url.PathEscape(f.def.Code)
		}
		return draftPath(f.draft.ID, way.Previous)
	case "save":
		return draftPath(f.draft.ID, step) + "?saved=1"
	}
	return draftPath(f.draft.ID, step) + "#" + do.Path
}

// useDocument takes a file of the person's documents for a field.
func (s *Service) useDocument(ctx context.Context, f form, posted eform.Posted) []eform.Problem {
	if posted.Use == "" {
		return nil
	}
	_, err := s.Forms.UseFile(ctx, f.state, f.draft, posted.Do.Path, posted.Use)
	if err == nil {
		return nil
	}
	return []eform.Problem{{Step: posted.Step, Path: posted.Do.Path, Field: posted.Do.Path, Text: i18n.K(fault.Of(err).Text), Code: "file"}}
}

// writeStep draws a step of a form.
func (s *Service) writeStep(w http.ResponseWriter, r *http.Request, status int, f form, look stepLook) error {
	v := stepView{form: f, Step: f.state.Step(look.step), Way: f.state.Way(look.step), Alert: look.alert, Problems: look.problems}
	if v.Step == nil {
		return web.ErrNotFound
	}
	base := draftPath(f.draft.ID, look.step)
	v.Action, v.Autosave = base, base+"/draft"
	v.View = eform.View{State: f.state, Step: look.step, Rev: f.draft.Rev, Tab: look.tab, Problems: look.problems, New: look.asked, Profile: "/profile",
		Recheck: base + "/fields", Upload: base + "/files"}
	if f.fresh {
		at, key := "/services/"+url.PathEscape(f.def.Code), "?idem="+url.QueryEscape(f.draft.ID)
		v.Action, v.Autosave = at+"/apply"+key, at+"/draft"+key
		v.View.Recheck, v.View.Upload = at+"/fields"+key, ""
	} else if r.URL.Query().Get("from") == "check" {
		v.Action += "?from=check"
	}
	if look.saved {
		v.Saved = savedAt(r.Context(), f.draft)
	}
	if f.state.HasFiles(look.step) {
		page, err := s.Documents.List(r.Context(), web.Account(r), document.Query{})
		if err != nil {
			return fmt.Errorf("listing documents: %w", err)
		}
		v.View.Documents = page.Files
	}
	if f.direct() {
		v.Consent = consentField(f.def, look.consent, look.noConsent)
		terms, err := s.termsText(r.Context(), f.def)
		if err != nil {
			return err
		}
		v.Terms = terms
		v.Action = "/services/" + url.PathEscape(f.def.Code) + "/apply?idem=" + url.QueryEscape(f.draft.ID)
		due, err := s.dueOf(f.def, s.Now(), nil)
		if err != nil {
			return err
		}
		v.Promise = promise(r.Context(), f.def, due.Day)
	}
	return web.Write(w, r, status, stepPage(v))
}

func (s *Service) saveFirst(w http.ResponseWriter, r *http.Request) error {
	f, err := s.begun(r)
	if err == nil {
		err = s.save(w, r, f, f.first())
	}
	return s.orSent(w, r, f.draft.ID, err)
}

// begun returns the draft that a first page is about, and begins it if need be:
// the one that the page names, or else the account's current one.
func (s *Service) begun(r *http.Request) (f form, err error) {
	key := formKey(r)
	if key == "" {
		d, err := s.draftOf(r.Context(), web.Account(r), r.PathValue("code"))
		if err != nil {
			return f, err
		}
		if key = d.ID; key == "" {
			key = newKey()
		}
	}
	if f, err = s.posted(r, key); err != nil {
		f.draft.ID = key
		return f, err
	}
	if f.fresh {
		if err := s.MayApply(r.Context(), web.Account(r), f.def); err != nil {
			return f, err
		}
	}
	return f, s.start(r.Context(), web.Account(r), session(r), &f)
}

func (s *Service) saveStep(w http.ResponseWriter, r *http.Request, f form) error {
	return s.save(w, r, f, r.PathValue("step"))
}

// save keeps a step as it is typed, right or wrong.
func (s *Service) save(w http.ResponseWriter, r *http.Request, f form, step string) error {
	posted, _, err := s.Forms.Read(r, f.state, f.draft, step)
	if err != nil {
		return err
	}
	posted.Do = eform.Command{Do: "save"}
	d, conflicts, err := s.Forms.Save(r.Context(), web.Account(r), f.draft.ID, f.def.Compiled, posted)
	if err != nil {
		return err
	}
	if r.Header.Get("X-Autosave") == "" {
		return web.SeeOther(w, r, draftPath(d.ID, step)+"?saved=1")
	}
	text := savedAt(r.Context(), d)
	if len(conflicts) > 0 {
		text = i18n.K("application.conflict")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write([]byte(text.In(r.Context())))
	return err
}

func (s *Service) recheckFirst(w http.ResponseWriter, r *http.Request) error {
	f, err := s.begun(r)
	if err == nil {
		err = s.recheck(w, r, f, f.first())
	}
	return s.orSent(w, r, f.draft.ID, err)
}

func (s *Service) recheckStep(w http.ResponseWriter, r *http.Request, f form) error {
	return s.recheck(w, r, f, r.PathValue("step"))
}

// recheck draws the fields again for the script, with what is wrong in those
// that the person has left.
func (s *Service) recheck(w http.ResponseWriter, r *http.Request, f form, step string) error {
	posted, _, err := s.Forms.Read(r, f.state, f.draft, step)
	if err != nil {
		return err
	}
	posted.Do = eform.Command{Do: "check"}
	d, conflicts, err := s.Forms.Save(r.Context(), web.Account(r), f.draft.ID, f.def.Compiled, posted)
	if err != nil {
		return err
	}
	state := s.look(f, eform.Overlay(d, conflicts))
	base := draftPath(d.ID, step)
	return web.WriteFragment(w, r, http.StatusOK, eform.StepFields(eform.View{State: state, Step: step, Rev: d.Rev, Profile: "/profile",
		Problems: eform.Only(state.Check(step), posted.Left), Recheck: base + "/fields", Upload: base + "/files"}))
}

// uploadFile takes one file from the script.
func (s *Service) uploadFile(w http.ResponseWriter, r *http.Request, f form) error {
	_, problems, err := s.Forms.Read(r, f.state, f.draft, r.PathValue("step"))
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, err := w.Write([]byte(problems[0].Text.In(r.Context()))) //nolint:gosec // plain text, which browsers do not run
		return err
	}
	d, err := s.Forms.Draft(r.Context(), web.Account(r), f.draft.ID)
	if err != nil {
		return err
	}
	for path := range d.Answers {
		for _, file := range d.Answers.Files(path) {
			if file.ID != "" && !slices.Contains(f.draft.Answers.Files(path), file) {
				return web.WriteFragment(w, r, http.StatusOK, eform.AttachedFile(path, file))
			}
		}
	}
	return document.ErrMissing
}

func (s *Service) checkPage(w http.ResponseWriter, r *http.Request, f form) error {
	return s.writeCheck(w, r, http.StatusOK, f, checkLook{})
}

// checkLook is how the page before sending is drawn.
type checkLook struct {
	consent, noConsent bool
	alert              i18n.Text
}

func (s *Service) writeCheck(w http.ResponseWriter, r *http.Request, status int, f form, look checkLook) error {
	due, err := s.dueOf(f.def, s.Now(), nil)
	if err != nil {
		return err
	}
	v := checkView{form: f, Problems: f.state.CheckAll(), Consent: consentField(f.def, look.consent, look.noConsent), Alert: look.alert, Promise: promise(r.Context(), f.def, due.Day)}
	if v.Terms, err = s.termsText(r.Context(), f.def); err != nil {
		return err
	}
	if v.signs() {
		contact, err := s.Accounts.Contacts(r.Context(), web.Account(r))
		if err != nil {
			return err
		}
		v.Phone = i18n.MaskPhone(contact.Phone)
	}
	return web.Write(w, r, status, checkPage(v))
}

func (s *Service) check(w http.ResponseWriter, r *http.Request, f form) error {
	look := checkLook{consent: r.PostFormValue("consent") != ""}
	if r.PostFormValue("rev") != rev(f.draft) {
		return s.writeCheck(w, r, http.StatusUnprocessableEntity, f, checkLook{alert: i18n.K("eform.draft_changed")})
	}
	if len(f.state.CheckAll()) > 0 {
		return s.writeCheck(w, r, http.StatusUnprocessableEntity, f, look)
	}
	if !look.consent && asksConsent(f.def) {
		look.noConsent = true
		return s.writeCheck(w, r, http.StatusUnprocessableEntity, f, look)
	}
	sub := f.submission(r)
	sub.Consent = look.consent
	if err := s.maySign(r.Context(), sub.Account, f.def); errors.Is(err, consent.ErrNeeded) {
		return web.SeeOther(w, r, "/consents/"+string(consent.Signature)+"?next="+url.QueryEscape(draftPath(f.draft.ID, "check")))
	} else if err != nil {
		return err
	}
	if (checkView{form: f}).signs() {
		c, err := s.Accounts.StartCode(r.Context(), sub.Account, codePurpose, sub.object())
		if err != nil {
			return s.notSent(w, r, f, look, err)
		}
		return web.SeeOther(w, r, draftPath(f.draft.ID, "confirm")+"?code="+c.ID+"&agreed="+s.agreement(sub))
	}
	a, err := s.Submit(r.Context(), sub)
	if err != nil {
		return s.notSent(w, r, f, look, err)
	}
	return web.SeeOther(w, r, "/applications/"+a.ID+"?sent=1")
}

// agreement proves to the page that asks for the code that its sender went
// through the page before it, as the draft stands now.
func (s *Service) agreement(sub Submission) string {
	return hex.EncodeToString(s.Keys.MAC("application.agreement", []byte(sub.Account+"/"+sub.object()))[:16])
}

// agreed reports whether a request carries the agreement.
func (s *Service) agreed(r *http.Request, f form) bool {
	return hmac.Equal([]byte(r.FormValue("agreed")), []byte(s.agreement(f.submission(r))))
}

// submission is the sending of a draft as it is looked at.
func (f form) submission(r *http.Request) Submission {
	return Submission{Account: web.Account(r), Session: session(r), Key: f.draft.ID, Service: f.def, Answers: f.draft.Answers, Draft: true, Rev: f.draft.Rev}
}

// notSent draws the page before sending with why it was not sent.
func (s *Service) notSent(w http.ResponseWriter, r *http.Request, f form, look checkLook, err error) error {
	switch why := fault.Of(err); {
	case errors.Is(err, eform.ErrSent):
		return err
	case why.Kind == fault.TooMany, errors.Is(err, ErrIncomplete), errors.Is(err, ErrFileGone), errors.Is(err, eform.ErrChanged), errors.Is(err, account.ErrNoPhone), why.Kind == fault.Unavailable:
		look.alert = tooOften(err)
		return s.writeCheck(w, r, web.Status(err), f, look)
	}
	return err
}

func (s *Service) confirmPage(w http.ResponseWriter, r *http.Request, f form) error {
	if !s.agreed(r, f) { // the draft was changed, or the address was typed
		return web.SeeOther(w, r, draftPath(f.draft.ID, "check"))
	}
	return s.writeConfirm(w, r, http.StatusOK, f, newCodeForm(r.URL.Query().Get("code")))
}

func (s *Service) writeConfirm(w http.ResponseWriter, r *http.Request, status int, f form, form codeForm) error {
	contact, err := s.Accounts.Contacts(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	return web.Write(w, r, status, confirmPage(confirmView{form: f, Form: form, Phone: i18n.MaskPhone(contact.Phone), Agreed: s.agreement(f.submission(r)), Again: r.URL.Query().Get("again") != ""}))
}

func (s *Service) confirm(w http.ResponseWriter, r *http.Request, f form) error {
	if !s.agreed(r, f) {
		return s.writeCheck(w, r, http.StatusUnprocessableEntity, f, checkLook{alert: i18n.K("eform.draft_changed")})
	}
	sub := f.submission(r)
	if r.PostFormValue("_do") == "again" {
		c, err := s.Accounts.StartCode(r.Context(), sub.Account, codePurpose, sub.object())
		if err != nil {
			return s.notSent(w, r, f, checkLook{}, err)
		}
		return web.SeeOther(w, r, draftPath(f.draft.ID, "confirm")+"?again=1&code="+c.ID+"&agreed="+s.agreement(sub))
	}
	form := newCodeForm(r.PostFormValue("code_id"))
	if !web.Read(r, &form.Code) {
		return s.writeConfirm(w, r, http.StatusUnprocessableEntity, f, form)
	}
	// Without consent nobody gets here: see agreed.
	sub.Consent, sub.CodeID, sub.Code = true, form.ID, form.Code.Value
	a, err := s.Submit(r.Context(), sub)
	if err == nil {
		return web.SeeOther(w, r, "/applications/"+a.ID+"?sent=1")
	}
	var wrong *account.WrongCode
	switch {
	case errors.As(err, &wrong):
		form.Code.Error = i18n.K("account.code_left", "n", wrong.Left)
	case errors.Is(err, account.ErrCodeOver):
		form.Code.Error = i18n.K("account.code_over")
	default:
		return s.notSent(w, r, f, checkLook{}, err)
	}
	return s.writeConfirm(w, r, http.StatusUnprocessableEntity, f, form)
}

func (s *Service) deletePage(w http.ResponseWriter, r *http.Request, f form) error {
	return web.Write(w, r, http.StatusOK, deletePage(f))
}

func (s *Service) deleteDraft(w http.ResponseWriter, r *http.Request, f form) error {
	acc := web.Account(r)
	if err := s.Forms.Discard(r.Context(), person(acc, session(r)), acc, f.draft.ID); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/applications")
}
