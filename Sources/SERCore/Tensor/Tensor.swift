import COpenBLAS
import SERSupport

func blasCore() -> String { String(cString: openblas_get_corename()) }
