package account

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"kabinet/internal/platform/argon2"
	"kabinet/internal/platform/secret/secrettest"
)

// Proves: R-04
func TestPasswordsAreSaltedHashes(t *testing.T) {
	t.Parallel()
	keys := secrettest.New(t)
	h := newHasher(keys)
	one, err := h.hash(t.Context(), "Пароль из слов")
	want(t, err, nil)
	two, err := h.hash(t.Context(), "Пароль из слов")
	want(t, err, nil)
	if one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored as %s and %s", one, two)
	}
	check := func(h *hasher, stored, typed string) (right, stale bool) {
		t.Helper()
		right, stale, err := h.check(t.Context(), stored, typed)
		want(t, err, nil)
		return right, stale
	}
	if right, stale := check(h, one, "Пароль из слов"); !right || stale {
		t.Error("the password does not fit")
	}
	if right, _ := check(h, one, "пароль из слов"); right {
		t.Error("capitals do not matter")
	}
	if right, _ := check(newHasher(secrettest.New(t)), one, "Пароль из слов"); right {
		t.Error("another key lets it pass")
	}
	if right, _ := check(h, "", "nobody has this password"); right {
		t.Error("the password of nobody fits")
	}
	long := strings.Repeat("я", 100)
	stored, err := h.hash(t.Context(), long)
	want(t, err, nil)
	if right, _ := check(h, stored, long+"я"); right {
		t.Error("the end of a long password does not matter")
	}
	stored, err = h.hash(t.Context(), "ёлка Й")
	want(t, err, nil)
	if right, _ := check(h, stored, "е\u0308лка И\u0306"); !right {
		t.Error("the same letters in another form do not fit")
	}
	c := phc{memory: 1024, time: 1, salt: []byte("0123456789abcdef")}
	c.key = argon2.NewMemory(c.memory).Key(h.pepper("old"), c.salt, c.time, c.memory, hashSize)
	if right, stale := check(h, c.String(), "old"); !right || !stale {
		t.Error("a hash of an older cost does not fit, or would not be renewed")
	}
}

func TestWhoeverWouldWaitTooLongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	h := newHasher(secrettest.New(t))
	h.waiting.Store(1 << 30)
	_, err := h.hash(t.Context(), "x")
	want(t, err, ErrBusy)
	h.waiting.Store(0)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range cap(h.slots) {
		<-h.slots
	}
	if _, err := h.hash(gone, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("somebody who went away gets %v", err)
	}
}

func TestHashesAtOnce(t *testing.T) {
	t.Parallel()
	h := newHasher(secrettest.New(t))
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			stored, err := h.hash(context.Background(), "x")
			if err != nil {
				t.Error(err)
			}
			if right, _, err := h.check(context.Background(), stored, "x"); err != nil || !right {
				t.Error("a hash made beside others does not fit", err)
			}
		})
	}
	wg.Wait()
}

// Proves: A-25
func TestRules(t *testing.T) {
	t.Parallel()
	rules := NewRules(Classes, false, nil)
	for _, c := range []struct{ typed, broken string }{
		{"Зимний-Вечер 7", ""},
		{"Ab1!", "length"},
		{"зимний-вечер7", "upper"},
		{"ЗИМНИЙ-ВЕЧЕР7", "lower"},
		{"Зимний-Вечер", "digit"},
		{"ЗимнийВечер7", "special"},
		{"Зима-1234-Лето", "sequence"},
		{"Зима-987-Лето", "sequence"},
		{"Зимаааа-Лето7", "sequence"},
		{"Password1!", "common"},
		{"P@ssw0rd!7", "common"},
		{"Qwerty!7", "common"},
		{"Пароль!7", "common"},
		{"Gfhjkm!7", "common"}, // «пароль» in the other layout
		{"Соколова!7", "common"},
		{"Sokolova!7", "common"},
		{"Marina.s!7", "common"},
		{"Кабинет!7", "common"},
		{"Password на окне 7!", ""}, // only holds a common word
		{strings.Repeat("Длинная фраза 7! ", 4), ""},
	} {
		broken := rules.Broken(c.typed, "Соколова", "Марина", "marina.s@example.test", "+79000001234")
		got := ""
		if len(broken) > 0 {
			got = broken[0].ID
		}
		if got != c.broken {
			t.Errorf("%q breaks %q, want %q", c.typed, got, c.broken)
		}
	}
	phrase := NewRules(Modern, false, nil)
	if b := phrase.Broken("длинная фраза без знаков"); len(b) != 0 {
		t.Errorf("a phrase breaks %v", b)
	}
	if b := phrase.Broken("Зимний-Вечер 7"); len(b) != 1 || b[0].ID != "length" {
		t.Errorf("14 characters break %v", b)
	}
}

func TestTheCommonListIsSortedAndLong(t *testing.T) {
	t.Parallel()
	words := commonWords()
	for i := 1; i < len(words); i++ {
		if words[i-1] >= words[i] {
			t.Fatalf("%q stands after %q", words[i], words[i-1])
		}
	}
	if len(words) < 1000 {
		t.Errorf("only %d words", len(words))
	}
}

func TestLogins(t *testing.T) {
	t.Parallel()
	for typed, wanted := range map[string]Login{
		"+7 900 000-12-34":       {Phone, "+79000001234"},
		"8(900)000-12-34":        {Phone, "+79000001234"},
		" Marina@Example.TEST ":  {Email, "marina@example.test"},
		"почта@пример.рф":        {Email, "почта@xn--e1afmkfd.xn--p1ai"},
		"+7 495 000-12-34":       {},
		"marina@localhost":       {},
		"Марина <m@example.com>": {},
		"123":                    {},
	} {
		got, ok := ParseLogin(typed)
		if ok != (wanted != Login{}) || ok && got != wanted {
			t.Errorf("%q is %+v, %v", typed, got, ok)
		}
	}
}
