package pki

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/signature/pki/pkitest"
)

func listOf(version int, state, history string, certificates ...*Certificate) string {
	var b strings.Builder
	for _, c := range certificates {
		fmt.Fprintf(&b, "<ДанныеСертификата><Отпечаток>00</Отпечаток><Данные>\n%s\n</Данные></ДанныеСертификата>", base64.StdEncoding.EncodeToString(c.Raw))
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="utf-8"?>
<АккредитованныеУдостоверяющиеЦентры><Версия>%d</Версия><Дата>2026-11-20T00:00:00</Дата>
<УдостоверяющийЦентр><Название>Общество «Учебный центр»</Название><КраткоеНазвание>Учебный центр</КраткоеНазвание><Адрес><Индекс>нет</Индекс></Адрес>
%s<ИсторияСтатусовАккредитации>%s</ИсторияСтатусовАккредитации>
<ПрограммноАппаратныеКомплексы><ПрограммноАппаратныйКомплекс><КлючиУполномоченныхЛиц><Ключ><ИдентификаторКлюча>x</ИдентификаторКлюча>
<АдресаСписковОтзыва><Адрес>http://lists.example.test/a.crl</Адрес><Адрес>ldap://lists.example.test/a</Адрес></АдресаСписковОтзыва>
<Сертификаты>%s<ДанныеСертификата><Данные>AAAA</Данные></ДанныеСертификата></Сертификаты></Ключ></КлючиУполномоченныхЛиц></ПрограммноАппаратныйКомплекс></ПрограммноАппаратныеКомплексы>
</УдостоверяющийЦентр><Signature>x</Signature></АккредитованныеУдостоверяющиеЦентры>`, version, state, history, b.String())
}

func status(state, from string) string {
	return "<СтатусАккредитации><Статус>" + state + "</Статус><ДействуетС>" + from + "</ДействуетС></СтатусАккредитации>"
}

// Proves: S-21
func TestTheListOfAccreditedCentresIsRead(t *testing.T) {
	t.Parallel()
	s := studio{pkitest.New(t), t}
	root := s.root("root", pkitest.GOST256())
	leaf := s.issue("me", pkitest.Sokolova, "root", "leaf", pkitest.GOST256(), 9)
	moscow := time.FixedZone("MSK", 3*60*60)
	day := func(y int) time.Time { return time.Date(y, 5, 1, 0, 0, 0, 0, moscow) }
	for _, c := range []struct {
		name, state, history string
		want                 []Span
	}{
		{"in force, no history", status("Действует", "2020-05-01T00:00:00"), "", []Span{{From: day(2020)}}},
		{"in force since the only line", status("Действует", "2020-05-01T00:00:00"), status("Действует", "2020-05-01T00:00:00"), []Span{{From: day(2020)}}},
		{"ended", status("Прекращена", "2023-05-01T00:00:00"), status("Действует", "2020-05-01T00:00:00"), []Span{{day(2020), day(2023)}}},
		{"the newest line first", status("Действует", "2024-05-01T00:00:00"),
			status("Действует", "2024-05-01T00:00:00") + status("Приостановлена", "2023-05-01T00:00:00") + status("Действует", "2020-05-01T00:00:00+03:00"),
			[]Span{{day(2020), day(2023)}, {From: day(2024)}}},
		{"never in force", status("Аннулирована", "2020-05-01"), "", []Span{}},
	} {
		list, err := ParseAccredited(strings.NewReader(listOf(7, c.state, c.history, root, leaf)))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if list.Version != 7 || list.Centres != 1 || len(list.Anchors) != 1 || list.Skipped != 2 {
			t.Fatalf("%s: %+v", c.name, list)
		}
		a := list.Anchors[0]
		if diff := cmp.Diff(c.want, a.Spans); diff != "" || a.Spans == nil {
			t.Errorf("%s: %s", c.name, diff)
		}
		if a.Centre != "Учебный центр" || !cmp.Equal(a.Lists, []string{"http://lists.example.test/a.crl"}) {
			t.Errorf("%s: centre %q, lists %v", c.name, a.Centre, a.Lists)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "another document": "<html></html>", "no version": listOf(0, "", "", root),
		"half": listOf(7, "", "", root)[:300], "a time that is none": listOf(7, status("Действует", "вчера"), "", root),
	} {
		if _, err := ParseAccredited(strings.NewReader(text)); !errors.Is(err, ErrAccredited) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
