// SPDX-License-Identifier: Apache-2.0

/// How a report looks: on phones and wide screens, light and dark, and on paper.
enum PageStyle {
    static let css = [base, header, tables, figures, details, paper].joined(separator: "\n")

    private static let base = """
        *{box-sizing:border-box}
        :root{color-scheme:light dark;--soft:#f4f6f8;--warm:#fff4e0;--edge:#c96f00}
        @media screen and (prefers-color-scheme:dark){:root{--soft:#1d2228;--warm:#33270f;--edge:#f2b43a}}
        html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
        body{margin:0 auto;max-width:72rem;padding:1.5rem 1rem 3rem;background:var(--paper);color:var(--ink);\
        font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif}
        h1{font-size:1.7rem;line-height:1.2;margin:0 0 .6rem}
        h2{font-size:1.3rem;line-height:1.3;margin:2.6rem 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--grid)}
        h3{font-size:1.05rem;margin:1.6rem 0 .4rem}
        h1,h2,h3,p,li,td,th,figcaption,dd{overflow-wrap:anywhere}
        p,ul{margin:.5rem 0 .9rem;max-width:46rem}
        ul{padding-left:1.3rem}
        a{color:var(--blue)}
        :focus-visible{outline:2px solid var(--blue);outline-offset:2px}
        footer{margin-top:3rem;border-top:1px solid var(--grid);color:var(--muted);font-size:.9rem}
        """

    private static let header = """
        .summary{font-size:1.15rem;max-width:46rem}
        .warning{background:var(--warm);border-left:4px solid var(--edge);padding:.6rem .9rem;border-radius:0 6px 6px 0}
        .highlights{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.8rem;margin:1.2rem 0}
        .highlights div{background:var(--soft);border-radius:8px;padding:.7rem .9rem}
        .highlights dt{color:var(--muted);font-size:.88rem}
        .highlights dd{margin:0}
        .highlights b{display:block;font-size:1.5rem;line-height:1.3;font-variant-numeric:tabular-nums}
        .highlights span{color:var(--muted);font-size:.88rem}
        nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;list-style:none;padding:0;max-width:none}
        """

    private static let tables = """
        .scroll{overflow-x:auto;margin:0 0 1.2rem;max-width:100%}
        table{border-collapse:collapse;font-size:.93rem;font-variant-numeric:tabular-nums}
        .caption{color:var(--muted);font-size:.93rem;margin:1rem 0 .3rem}
        th,td{padding:.35rem .75rem;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--grid);\
        overflow-wrap:normal}
        th:first-child,td:first-child{padding-left:.2rem}
        thead th{border-bottom:2px solid var(--muted);font-weight:600;vertical-align:bottom}
        tbody th{font-weight:500;min-width:8rem}
        @media screen and (max-width:40rem){tbody th,thead th:first-child{position:sticky;left:0;background:var(--paper);\
        max-width:45vw}}
        td{overflow-wrap:anywhere}
        .n{text-align:right;white-space:nowrap}
        .best th,.best td{font-weight:700}
        """

    private static let figures = """
        .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));gap:1.2rem 1.6rem;\
        margin:.8rem 0 1.4rem}
        figure{margin:0}
        figure svg{display:block;width:100%;height:auto}
        figcaption{color:var(--muted);font-size:.9rem;line-height:1.4;margin-top:.35rem}
        figcaption b{color:var(--ink)}
        .card{border:1px solid var(--grid);border-radius:8px;padding:.8rem 1rem;margin:0}
        .card h3{margin:0 0 .4rem}
        .card .figures{margin:0}
        audio{display:block;width:100%;max-width:27rem;margin:.5rem 0}
        """

    private static let details = """
        pre{background:var(--soft);border-radius:6px;padding:.7rem .9rem;font-size:.9rem;line-height:1.5;\
        white-space:pre-wrap;overflow-wrap:anywhere}
        code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
        details{margin:.6rem 0}
        summary{cursor:pointer;padding:.25rem 0;font-weight:600}
        """

    private static let paper = """
        @media print{
        body{max-width:none;padding:0;font-size:10.5pt}
        nav,audio{display:none}
        h2,h3{break-after:avoid}
        figure,tr,.card,.warning,.highlights{break-inside:avoid}
        .scroll{overflow:visible}
        table{font-size:8.5pt}
        .figures{grid-template-columns:repeat(2,1fr)}
        .card .figures{grid-template-columns:1fr}
        details>*{display:revert}
        details::details-content{content-visibility:visible;display:block;height:auto}
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
        }
        """
}
