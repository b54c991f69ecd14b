//! The words by which pages in other languages than English announce output, files and commands.
//!
//! Of the languages that documentation of Kubernetes is translated into most: German, French, Spanish, Portuguese,
//! Italian, Dutch, Russian, Chinese, Japanese and Korean. One pattern a question: a word of one language that means
//! something else in another is left out.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern::{Pattern, says};

/// Output by name.
static OUTPUT: Pattern = LazyLock::new(|| {
    pattern(
        r"\bausgaben?\b|\bsorties?\b|\bsalidas?\b|\bsa[ií]das?\b|\buitvoer\b|вывод|输出|輸出|回显|出力|출력",
    )
});

/// Other words that announce output without doubt: what is seen, printed, returned or received.
static SEEN: Pattern = LazyLock::new(|| {
    pattern(
        r"\bausgegeben\b|\bantwort\b|\b(?:sollten?|werden|sehen|erhalten|bekommen)\s+(?:sie|wir|du|ihr)\b.*\b(?:sehen|erhalten|bekommen)\b|\b(?:sie|wir)\s+(?:sollten|werden|sehen|erhalten|bekommen)\b|\b(?:devriez|devrait|allez|allons|pouvez|peut)\s+voir\b|\bverrez\b|\bobten(?:ez|ons)\b|\bobtient\b|\br[ée]ponse\b|\brenvoie\b|\bretourne\b|\bdeber[ií]a(?:s|n|mos)?\s+(?:ver|obtener)\b|\bver(?:[áa]s|emos|án)\b|\bobten(?:dr[áa]s|dremos|emos)\b|\bresp(?:u|o)esta\b|\bresposta\b|\bdevuelve\b|\bver[áa]\b|\bdever[áa]\s+ver\b|\bretorna\b|\bdovrest[ei]\s+vedere\b|\bvedr(?:ai|emo|ete)\b|\botter(?:rai|remo|rete)\b|\brisposta\b|\bavremo\b|\brestituisce\b|\bziet\b|получ(?:аем|им|ите|аете)|увидите|увидим|выведет|выводит|ответ|返回|可以看到|会看到|會看到|看到如下|如下结果|如下結果|结果如下|結果如下|返され|返します|表示され|のような結果|반환|표시된다|표시됩니다",
    )
});

/// Words that announce output where nothing speaks against it.
static LIKELY: Pattern = LazyLock::new(|| {
    pattern(
        r"\bergebnis(?:se)?\b|\bangezeigt\b|\bzeigt\b|\bsieht\b|\bfolgenderma(?:ß|ss)en\b|\br[ée]sultats?\b|\baffiche(?:ra)?\b|\bressembl\w+\b|\bresultados?\b|\bmuestra\b|\bmostrar[áa]?\b|\bexibe\b|\bsemelhante\b|\bsimilar\s+a\b|\brisultat[oi]\b|\bmostra\b|\bsimile\s+a\b|\bresultaat\b|результат|покажет|видим|结果|結果|显示|顯示|如下|表示|次のよう|このよう|결과|다음과\s+(?:같|비슷|유사)",
    )
});

/// The block holds a file or what is typed.
static OTHER: Pattern = LazyLock::new(|| {
    pattern(
        r"\b\w*datei(?:en)?\b|\bmanifeste?s?\b|\bmanifiesto\b|\bfichiers?\b|\barchivos?\b|\bfichero\b|\barquivos?\b|\bbestand\b|файл|манифест|文件|清单|清單|配置|編輯|编辑|保存|添加|修改|内容|ファイル|マニフェスト|設定|파일|매니페스트",
    )
});

/// The reader is to run what follows.
static TO_RUN: Pattern = LazyLock::new(|| {
    pattern(
        r"\bf(?:ü|ue)hr(?:en|e|t)?\b|\bausf(?:ü|ue)hren\b|\bbefehle?n?\b|\bverwenden\b|\bnutzen\b|\bex[ée]cut(?:ez|er|e|ons)\b|\blancez\b|\butilisez\b|\bcommandes?\b|\bejecut(?:a|e|ar|amos|emos|en)\b|\busa(?:r|mos|ndo)?\b|\butiliz(?:a|e|ar|amos|ando)\b|\bcomandos?\b|\brod(?:e|ar)\b|\besegu(?:i|ire|iamo|ite)\b|\bvoer\b|\bopdracht\b|выполн|запуст|команд|使用|执行|執行|运行|運行|通过|命令|実行|コマンド|실행|명령",
    )
});

/// Another terminal than the one in which commands are typed.
static ELSEWHERE: Pattern = LazyLock::new(|| {
    pattern(
        r"\b(?:anderen|ersten|ursprünglichen)\s+(?:terminal|fenster)\b|\b(?:autre|premier)\s+terminal\b|\b(?:otra|primera|outro|primeiro|altro|primo)\s+terminal\b|(?:друго|перво)м\s+(?:терминале|окне)|(?:另一个|原来的|第一个|之前的)(?:终端|窗口)|元の(?:端末|ターミナル)|別の(?:端末|ターミナル)|다른\s+터미널|원래\s+터미널",
    )
});

/// The shell of a container that a page has opened.
static INSIDE: Pattern = LazyLock::new(|| {
    pattern(
        r"\b(?:im|innerhalb\s+des)\s+(?:containers?|pods?)\b|\bin\s+der\s+shell\b|\bdans\s+(?:le|la|votre)\s+(?:conteneur|shell|pod)\b|\b(?:en\s+el|dentro\s+del|en\s+la)\s+(?:contenedor|shell|pod)\b|\b(?:no|dentro\s+do)\s+(?:cont[êe]iner|shell|pod)\b|\bnel(?:la)?\s+(?:container|shell|pod)\b|в\s+контейнере|容器(?:内|中|里)|(?:シェル|コンテナ(?:内|の中)?)で|컨테이너\s*(?:안|내)에서|셸에서",
    )
});

/// One of the patterns above, whatever the case of its letters.
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(&format!("(?i){text}")).ok()
}

/// Whether a sentence calls output by its name.
pub(super) fn names_output(text: &str) -> bool {
    says(&OUTPUT, text)
}

/// Whether a sentence announces output without doubt.
pub(super) fn says_output(text: &str) -> bool {
    says(&OUTPUT, text) || says(&SEEN, text)
}

/// Whether it announces output where nothing speaks against it.
pub(super) fn says_likely(text: &str) -> bool {
    says(&LIKELY, text)
}

/// Whether it announces a file.
pub(super) fn says_other(text: &str) -> bool {
    says(&OTHER, text)
}

/// Whether the reader is to run what it announces. A Chinese or Japanese sentence says what comes in its last clause:
/// "after running the command, the output is".
pub(super) fn says_to_run(text: &str) -> bool {
    let clause = text
        .rsplit(['，', '。', '、', '；'])
        .find(|clause| !clause.trim_matches([' ', ':', '：']).is_empty());
    says(&TO_RUN, clause.unwrap_or(text))
}

/// Whether it sends the reader to another terminal.
pub(super) fn says_elsewhere(text: &str) -> bool {
    says(&ELSEWHERE, text)
}

/// Whether what follows is typed into a container's shell that the page has opened.
pub(super) fn says_inside(text: &str) -> bool {
    says(&INSIDE, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_announce_output() {
        for text in [
            "Ausgabe:",
            "Sie sollten etwa Folgendes sehen:",
            "La sortie est similaire à :",
            "Vous devriez voir :",
            "La salida es similar a:",
            "Deberías ver algo así:",
            "A saída é semelhante a:",
            "Avremo una risposta simile a questa:",
            "Получаем:",
            "Вывод команды:",
            "输出如下：",
            "执行命令后，输出如下：",
            "出力は次のようになります:",
            "출력은 다음과 비슷하다.",
        ] {
            assert!(says_output(text), "{text}");
        }
        assert!(!says_to_run("执行命令后，输出如下："));
        assert!(!says_to_run("La salida es similar a:"));
    }

    #[test]
    fn where_the_reader_types() {
        for text in [
            "シェルで、プロセスを一覧表示します:",
            "Im Container:",
            "在容器中执行：",
        ] {
            assert!(says_inside(text), "{text}");
        }
        assert!(says_elsewhere("別のターミナルで、実行します:"));
        assert!(!says_inside("Erstellen Sie den Container:"));
    }

    #[test]
    fn sentences_that_announce_something_else() {
        for text in [
            "Führen Sie den folgenden Befehl aus:",
            "Exécutez la commande suivante :",
            "Ejecuta el siguiente comando:",
            "Выполните команду:",
            "执行以下命令：",
            "次のコマンドを実行します:",
            "다음 명령을 실행한다.",
        ] {
            assert!(says_to_run(text) && !says_output(text), "{text}");
        }
        for text in [
            "Erstellen Sie die Datei:",
            "配置文件内容如下：",
            "Создайте файл:",
        ] {
            assert!(says_other(text) && !says_output(text), "{text}");
        }
        // No English sentence is one of theirs.
        for text in [
            "The output is similar to this:",
            "Create the resource and use it as before:",
        ] {
            assert!(!says_output(text) && !says_to_run(text), "{text}");
        }
    }
}
