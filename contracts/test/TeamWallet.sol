// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title A contract account of several keys, each of which may act for it, admit keys and shut keys out
contract TeamWallet is IERC1271, IERC721Receiver {
    mapping(address key => bool) public isKey;

    constructor(address key) {
        isKey[key] = true;
    }

    modifier onlyKey() {
        require(isKey[msg.sender], "not a key");
        _;
    }

    function setKey(address key, bool admitted) external onlyKey {
        isKey[key] = admitted;
    }

    function execute(address target, bytes calldata data) external onlyKey returns (bytes memory result) {
        bool ok;
        (ok, result) = target.call(data);
        require(ok, "refused");
    }

    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return IERC721Receiver.onERC721Received.selector;
    }

    /// @notice Takes `signature` in the form of this wallet: the key's address, then what that key signed.
    /// A bare signature of 65 bytes is taken too, of whichever key it is.
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (signature.length < 65) return bytes4(0);
        bool bare = signature.length == 65;
        bytes calldata inner = bare ? signature : signature[20:];
        address key = bare ? _recover(digest, inner) : address(bytes20(signature[:20]));
        bool ok = isKey[key] && SignatureChecker.isValidSignatureNowCalldata(key, digest, inner);
        return ok ? IERC1271.isValidSignature.selector : bytes4(0);
    }

    function _recover(bytes32 digest, bytes calldata signature) private pure returns (address) {
        return ecrecover(digest, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
    }
}
